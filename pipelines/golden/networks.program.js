/* eslint-disable */
// stage of_cities
"use strict";
const { textAt, validityOf } = library;
return function stage_of_cities({ vectors, length, rows, count, kept, fail }) {
  const values2 = vectors[2].values; // temperature
  const valid2 = validityOf(vectors[2], length);
  const column0 = vectors[0]; // city
  const out3 = new Array(length).fill(null); // station
  const out4 = new Float64Array(length); // celsius
  const outValid4 = new Uint8Array(length);
  let n = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    // where
    const temperature_2_null = valid2[row] === 0;
    const temperature_2 = values2[row];
    if (temperature_2_null) continue;
    // set station
    const city_0 = textAt(column0, row);
    out3[row] = "city " + city_0;
    // set celsius
    if (!temperature_2_null) {
      out4[row] = temperature_2;
      outValid4[row] = 1;
    }
    kept[n++] = row;
  }
  vectors[3] = { kind: "text", values: out3 };
  vectors[4] = { kind: "number", values: out4, valid: outValid4 };
  return n;
};

// stage of_sensors: after its dedup
"use strict";
const { textAt } = library;
return function stage_of_sensors({ vectors, length, rows, count, kept, fail }) {
  const column1 = vectors[1]; // sensor
  const values2 = vectors[2].values; // value
  const out3 = new Array(length).fill(null); // station
  const out4 = new Float64Array(length); // celsius
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    // set station
    const sensor_1 = textAt(column1, row);
    out3[row] = "sensor " + sensor_1;
    // set celsius
    const value_2 = values2[row];
    out4[row] = value_2;
  }
  vectors[3] = { kind: "text", values: out3 };
  vectors[4] = { kind: "number", values: out4, valid: null };
  return count;
};
