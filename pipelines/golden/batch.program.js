/* eslint-disable */
// stage chosen
"use strict";
return function stage_chosen({ vectors, length, rows, count, kept, fail }) {
  const values5 = vectors[5].values; // event_time
  let n = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    // where
    const event_time_5 = values5[row];
    if (event_time_5 < 1711664700000) continue;
    if (event_time_5 >= 1711665000000) continue;
    kept[n++] = row;
  }
  return n;
};

// window cities: rows of closed windows
"use strict";
return function stage_cities({ vectors, length, rows, count, kept, fail }) {
  const values5 = vectors[5].values; // avg_feels_like_
  const values3 = vectors[3].values; // avg_temperature_
  const out7 = new Float64Array(length); // diff_feels_like_temperature
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    // set diff_feels_like_temperature
    const avg_feels_like__5 = values5[row];
    const avg_temperature__3 = values3[row];
    out7[row] = avg_feels_like__5 - avg_temperature__3;
  }
  vectors[7] = { kind: "number", values: out7, valid: null };
  return count;
};
