/** Rows that are given every so often (W5): once all is merged and time has gone on, none is missing. */
import { type StreamHistory, streamOutcome } from '../oracles/stream.ts';
import type { Durable } from './durable.ts';
import type { Pipeline } from './pipeline.ts';

/** Rows that do not stand in their tables as they are now, of windows open or closed. */
export function missingEarly(
  { rules, sinks }: Pipeline,
  durable: Durable,
  history: StreamHistory,
): string[] {
  const early = sinks.filter(({ isEarly }) => isEarly);
  if (early.length === 0) return [];
  const logs = durable.topics.map((topic) => topic.logs);
  const { rows } = streamOutcome(logs, rules, history);
  return early.flatMap(({ name, stage }) => {
    const found = new Set(durable.of(name).table.values());
    const missing = (rows.get(stage) ?? []).filter((row) => !found.has(row));
    return missing.map((row) => `${name}: was not given in time: ${row}`);
  });
}
