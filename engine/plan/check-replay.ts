/**
 * R9: after a crash, the records of a source that cannot be read twice are gone, and rows would
 * depend on when it crashed. Nothing but row-wise stages may read it, into sinks that only append.
 */
import type { Report } from '../spec/diagnostic.ts';
import type { Plan } from './planner.ts';
import { inputsOf } from './union.ts';

const appending: ReadonlySet<string> = new Set(['kafka', 'topic_log', 'file']);

/** Reports windows and tables over a source that cannot be read twice. O(stages + sinks). */
export function checkReplay(
  { sources, stages, sinks }: Pick<Plan, 'sources' | 'stages' | 'sinks'>,
  report: Report,
): void {
  // What is read of such a source, row by row; stages come in the order of the data.
  const once = new Map(
    sources.flatMap(({ name, replayable }): [string, string][] =>
      replayable === false ? [[name, name]] : [],
    ),
  );
  if (once.size === 0) return;
  const hint =
    'write it to a topic (`kafka: { topic: … }`) or a `file`, and let a second pipeline read that';
  for (const { kind, name, ...node } of stages) {
    const source = inputsOf(node).flatMap((input) => once.get(input) ?? [])[0];
    if (source === undefined) continue;
    if (kind === 'record') {
      once.set(name, source);
      continue;
    }
    const message = `${name} would lose records in a crash: ${source} cannot be read twice`;
    const path = ['stages', name, 'window'];
    report({ code: 'not-replayable', path, atKey: true, message, hint });
  }
  for (const { name, input, connector } of sinks) {
    const source = once.get(input);
    if (source === undefined || appending.has(connector.kind)) continue;
    const message = `${source} cannot be read twice: it may only be written to a topic or a file`;
    const path = ['sinks', name, connector.kind];
    report({ code: 'not-replayable', path, atKey: true, message, hint });
  }
}
