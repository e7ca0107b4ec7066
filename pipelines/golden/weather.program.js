/* eslint-disable */
// stage felt
"use strict";
return function stage_felt({ vectors, length, rows, count, kept, fail }) {
  const values4 = vectors[4].values; // temperature
  const values5 = vectors[5].values; // feels_like
  const out6 = new Float64Array(length); // temperature_minus_feels_like
  let n = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    // where
    const temperature_4 = values4[row];
    if (temperature_4 < -90) continue;
    if (!(temperature_4 <= 60)) continue;
    // set temperature_minus_feels_like
    const feels_like_5 = values5[row];
    out6[row] = Math.fround(temperature_4 - feels_like_5);
    kept[n++] = row;
  }
  vectors[6] = { kind: "number", values: out6, valid: null };
  return n;
};

// sink heat
"use strict";
return function stage_heat({ vectors, length, rows, count, kept, fail }) {
  const values6 = vectors[6].values; // max_temperature
  let n = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    // where
    const max_temperature_6 = values6[row];
    if (max_temperature_6 <= 40) continue;
    kept[n++] = row;
  }
  return n;
};
