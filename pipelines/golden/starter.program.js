/* eslint-disable */
// stage plausible
"use strict";
return function stage_plausible({ vectors, length, rows, count, kept, fail }) {
  const values2 = vectors[2].values; // value
  const out3 = new Float64Array(length); // is_high
  let n = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    // where
    const value_2 = values2[row];
    if (value_2 < -40) continue;
    if (!(value_2 <= 80)) continue;
    // set is_high
    out3[row] = !(value_2 <= 28) ? 1 : 0;
    kept[n++] = row;
  }
  vectors[3] = { kind: "number", values: out3, valid: null };
  return n;
};
