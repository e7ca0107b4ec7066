/** A simulation of many sensors at a chosen rate: keys uniform or by Zipf's law, order as disturbed. */
import { dice, noise, type Scenario } from './scenario.ts';

/** Settings of the sensors scenario; milliseconds. */
export interface SensorsConfig {
  readonly scenario: 'sensors';
  readonly spanMs: number;
  /** Records a second of event time, over all partitions. */
  readonly rate: number;
  readonly seed: number;
  /** Epoch ms of the first record. */
  readonly startMs: number;
  readonly partitions: number;
  /** How many sensors there are. */
  readonly keys: number;
  /** `zipf`: sensor k comes with a probability proportional to 1/(k+1). */
  readonly distribution: 'uniform' | 'zipf';
  /** Records are out of order by up to this much; 0 for in order. */
  readonly disorderMs: number;
}

/** Draws a key number in [0, keys) from a number in [0, 1). */
function drawer(
  keys: number,
  distribution: SensorsConfig['distribution'],
): (roll: number) => number {
  if (distribution === 'uniform') return (roll) => Math.floor(roll * keys);
  const cumulative = new Float64Array(keys);
  let total = 0;
  for (let key = 0; key < keys; key++) cumulative[key] = total += 1 / (key + 1);
  return (roll) => {
    const sought = roll * total;
    let low = 0;
    for (let high = keys - 1; low < high;) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] as number) > sought) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

/**
 * Opens the scenario. A round is one record per partition; a sensor's partition is its number modulo
 * `partitions`. Records: `{"at": epoch ms, "sensor": "s00042", "value": 12.34}`.
 */
export function openSensors(config: SensorsConfig): Scenario {
  const { seed, rate, disorderMs, startMs } = config;
  // None is without a sensor.
  const partitions = Math.min(config.partitions, config.keys);
  const draws = Array.from({ length: partitions }, (_, partition) =>
    drawer(Math.ceil((config.keys - partition) / partitions), config.distribution),
  );
  const stepMs = 1000 / rate;
  return {
    identity: `sensors ${JSON.stringify({ ...config, spanMs: undefined, pace: undefined })}`,
    partitions,
    rounds: Math.ceil((config.spanMs * rate) / 1000 / partitions),
    roundMs: (1000 * partitions) / rate,
    maxRecordBytes: 80,
    recordsPerRound: () => 1,
    record(partition, index) {
      const sequence = index * partitions + partition;
      const late = disorderMs === 0 ? 0 : Math.floor(dice(seed, 1, sequence) * disorderMs);
      const at = Math.floor(startMs + sequence * stepMs) - late;
      const draw = draws[partition] as (typeof draws)[number];
      const sensor = draw(dice(seed, 2, sequence)) * partitions + partition;
      const value = 20 + 10 * noise(seed, 1000 + sensor, at / 600_000);
      const name = `s${String(sensor).padStart(5, '0')}`;
      return `{"at": ${at}, "sensor": "${name}", "value": ${Math.round(value * 100) / 100}}`;
    },
  };
}
