/** Sweeps: the same drain while one thing about the workload changes. */
import { EngineError } from '../errors.ts';
import { compressions, type Workload } from './workload.ts';

/** What a sweep may change, and how; a codec is its place among `compressions`. */
const dimensions = {
  keys: (workload: Workload, keys: number) => ({ ...workload, keys }),
  partitions: (workload: Workload, partitions: number) => ({ ...workload, partitions }),
  bytes: (workload: Workload, bytes: number) => ({ ...workload, bytes }),
  zipf: (workload: Workload, zipf: number) => ({ ...workload, zipf }),
  disorder: (workload: Workload, seconds: number) => ({ ...workload, disorderMs: seconds * 1000 }),
  /** Windows that an event is in: the slide stays, the window grows. */
  overlap: (workload: Workload, overlap: number) => ({
    ...workload,
    windowMs: workload.slideMs * overlap,
  }),
  fields: (workload: Workload, fields: number) => ({ ...workload, fields }),
  compression: (workload: Workload, codec: number) => ({
    ...workload,
    compression: compressions[codec] ?? 'none',
  }),
  workers: (workload: Workload) => workload,
} as const;

/** Something a sweep changes. */
export type Dimension = keyof typeof dimensions;

/** A sweep: `keys=100,1000,10000`. */
export interface Sweep {
  readonly dimension: Dimension;
  readonly values: readonly number[];
}

/** What a sweep may be over. */
export const dimensionNames = Object.keys(dimensions) as readonly Dimension[];

/** Reads `keys=100,1000`. Throws EngineError ENG_CLI_USAGE. */
export function readSweep(text: string): Sweep {
  const [name = '', list = ''] = text.split('=');
  const dimension = dimensionNames.find((one) => one === name);
  const codecs: readonly string[] = compressions;
  const read = dimension === 'compression' ? (codec: string) => codecs.indexOf(codec) : Number;
  const values = list.split(',').map(read);
  if (dimension === undefined || list === '' || values.some((value) => !(value >= 0))) {
    throw new EngineError(
      'ENG_CLI_USAGE',
      `write a sweep as NAME=NUMBER,NUMBER…, where NAME is ${dimensionNames.join(', ')}; compression=${compressions.join(',')}`,
    );
  }
  return { dimension, values };
}

/** A value of a sweep in words. */
export const valueText = (dimension: Dimension, value: number): string =>
  dimension === 'compression' ? (compressions[value] ?? '') : String(value);

/** The workload of one point of a sweep. */
export const workloadAt = (workload: Workload, dimension: Dimension, value: number): Workload =>
  dimensions[dimension](workload, value);
