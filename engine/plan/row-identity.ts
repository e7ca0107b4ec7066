/** What identifies the rows that reach a sink (R6). */
import type { SinkInput } from './planner.ts';

/**
 * Names of the columns that identify a window row, for sinks that write ids: the group keys and
 * `window_start` where they have one, or `partition` and `window_index`. Null for rows of records: those are identified by their place in the log.
 */
export const rowIdentity = (input: Pick<SinkInput, 'window' | 'keys'>): readonly string[] | null =>
  input.window ? input.keys : null;
