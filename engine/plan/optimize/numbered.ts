/**
 * Texts that come back are told by number: where a key is one column of text, or the event time is read
 * from text, the scan says which rows have the same text as one before, and what was made of that one
 * is taken: the id of a key, a time. Numbers change no row.
 */
import type { Plan, SourceNode } from '../planner.ts';
import type { Optimized } from './pass.ts';
import { workerFrame } from './worker-frame.ts';

/** The pass. */
export function numberTexts(plan: Plan): Optimized {
  const rewrites: string[] = [];
  const sources = plan.sources.map((source) => {
    const slots = slotsOf(plan, source);
    const names: string[] = [];
    const fields = source.fields.map((field, i) => {
      const { slot, name } = source.columns[i] ?? { slot: -1, name: '' };
      if (!slots.has(slot) || field.type !== 'string' || typeof field.from === 'string')
        return field;
      names.push(name);
      return { ...field, numbered: true as const };
    });
    if (names.length === 0) return source;
    rewrites.push(`${source.name}: equal texts of ${names.join(', ')} are told by number`);
    return { ...source, fields };
  });
  return rewrites.length === 0 ? { plan, rewrites } : { plan: { ...plan, sources }, rewrites };
}

/** The slots of which something is made that is kept by number. */
function slotsOf(plan: Plan, source: SourceNode): ReadonlySet<number> {
  const { eventTime } = source;
  const keys = workerFrame(plan, source).nodes.flatMap((node) =>
    node.kind === 'window' && node.keys.length === 1 ? node.keys.map(({ slot }) => slot) : [],
  );
  return new Set([...keys, ...(eventTime.kind === 'pattern' ? [eventTime.slot] : [])]);
}
