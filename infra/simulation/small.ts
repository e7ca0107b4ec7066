/** Constants of the engine made small, so that short schedules reach what lies behind them. */
import type { Patch } from '../patch.ts';

/** Patches that every schedule of the command runs with. */
export const small: readonly Patch[] = [
  // Keys are forgotten.
  {
    file: 'engine/graph/key-space.ts',
    find: 'const FEW_KEYS = 4096;',
    replace: 'const FEW_KEYS = 4;',
  },
  {
    file: 'workers/stage-keys.ts',
    find: 'const MOST_KEYS = 1 << 18;',
    replace: 'const MOST_KEYS = 5;',
  },
  // Virtual time goes on in steps larger than a poll may be.
  {
    file: 'engine/io/kafka/poll-clock.ts',
    find: 'const LONGEST_POLL_MS = 1_000;',
    replace: 'const LONGEST_POLL_MS = 15_000;',
  },
  // Windows close a few rows at a time, and slices are read a few records at a time.
  {
    file: 'engine/graph/closing.ts',
    find: 'const ROWS_AT_ONCE = 5_000;',
    replace: 'const ROWS_AT_ONCE = 2;',
  },
  {
    file: 'workers/program.ts',
    find: 'const PORTION_BYTES = 256 * 1024;',
    replace: 'const PORTION_BYTES = 100;',
  },
];
