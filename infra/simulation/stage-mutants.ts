/** Mutants of rows that are not final yet, and of stages over several sources. */
import { type Mutant, one, shownBy } from './mutant.ts';

const early = shownBy('early', [
  {
    name: 'rows that are not final come behind the final ones',
    rule: 'W5',
    patches: [
      {
        file: 'engine/graph/closing.ts',
        find: '  for (let more = store.isDue(frontier); more;) {',
        replace:
          "  const early = node.emit === 'on_end' ? [...changed(window, { endedBy: frontier, onlyNew: true })] : [];\n  for (let more = store.isDue(frontier); more;) {",
      },
      {
        file: 'engine/graph/closing.ts',
        find: "  if (node.emit === 'on_end') yield* changed(window, { endedBy: frontier, onlyNew: true });",
        replace: '  yield* early;',
      },
    ],
  },
  one(
    'rows that are not final are counted as if they were',
    'L1',
    'engine/graph/window-graph.ts',
    'toSinks({ ...parts, tally })',
    'toSinks(parts)',
  ),
  one(
    'windows that change are not given again',
    'W5',
    'engine/core/window/preview.ts',
    '(!onlyNew && touchedIn > givenIn)',
    'onlyNew',
  ),
  one(
    'panes do not say that they have changed',
    'W5',
    'engine/core/window/merge.ts',
    '  pane.touchedIn = turn;\n',
    '',
  ),
  one(
    'windows that are given before their end are closed by it',
    'W5',
    'engine/core/window/store.ts',
    '    return this.#onCopy((copy) => {\n      copy.#only = changed;\n      return copy.close(endedBy + this.#plan.graceMs);\n    });',
    '    this.#only = changed;\n    return this.close(endedBy + this.#plan.graceMs);',
  ),
]);

const several = shownBy('both', [
  one(
    'the watermark of several sources is their greatest',
    'T4',
    'engine/core/time/stage-clock.ts',
    'Math.min(...all.map(of))',
    'Math.max(...all.map(of))',
  ),
  one(
    'time goes on by itself when one of several sources is idle',
    'T5',
    'engine/core/time/stage-clock.ts',
    'const isIdle = active === Infinity && settled < Infinity;',
    'const isIdle = all.some((each) => each.active === Infinity) && settled < Infinity;',
  ),
  one(
    'a stage over several sources goes by the idle one as well',
    'T5',
    'engine/core/time/stage-clock.ts',
    'least((each) => each.active), least',
    'Math.max(...all.map((each) => each.active)), least',
  ),
  one(
    'the time that sources were polled before all were idle counts',
    'T5',
    'engine/core/time/stage-clock.ts',
    'polledMs - (this.#idleFrom?.get(name) ?? 0)',
    'polledMs',
  ),
  one(
    'a window over several windows closes when the first of them has',
    'W8',
    'engine/graph/upper-window.ts',
    'return Math.min(...above.map(({ store }) => store.outputWatermark));',
    'return Math.max(...above.map(({ store }) => store.outputWatermark));',
  ),
  one(
    'of several dedups only the first is in the snapshot',
    'R1',
    'engine/run/state.ts',
    '  const dedups = state.dedups.map(',
    '  const dedups = state.dedups.slice(0, 1).map(',
  ),
  one(
    'tables of the second source name keys of the first',
    'W9',
    'engine/graph/source-flow.ts',
    '    source.keys.get(stage)?.learn(reply.worker, delta);',
    '    if (source.index === 0 || reply.worker === 0) source.keys.get(stage)?.learn(reply.worker, delta);',
  ),
]);

/** All of them. */
export const stageMutants: readonly Mutant[] = [...early, ...several];
