/* eslint-disable */
// stage timed
"use strict";
const { dateColumnReader, reasonOf } = library;
const dates1 = dateColumnReader("yyyy-MM-dd HH:mm:ss", "Europe/Paris");
return function stage_timed({ vectors, length, rows, count, kept, fail }) {
  const column0 = vectors[0]; // date
  const out4 = new Float64Array(length); // at
  let n = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    try {
      // set at
      const v1 = dates1(column0, row);
      out4[row] = v1;
      kept[n++] = row;
    } catch (thrown) {
      fail(row, "set at: " + reasonOf(thrown));
    }
  }
  vectors[4] = { kind: "number", values: out4, valid: null };
  return n;
};

// stage chosen
"use strict";
return function stage_chosen({ vectors, length, rows, count, kept, fail }) {
  const values4 = vectors[4].values; // at
  let n = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    // where
    const at_4 = values4[row];
    if (at_4 < 1711664700000) continue;
    if (at_4 >= 1711665000000) continue;
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
