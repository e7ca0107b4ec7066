import { fileURLToPath } from 'node:url';
import { EMPTY, concat, from, lastValueFrom, of } from 'rxjs';
import { expect, it } from 'vitest';
import { Acknowledgements } from '../graph/acknowledgements.ts';
import { buildGraph } from '../graph/build.ts';
import { openLedger } from '../graph/credit.ts';
import type { SourceEvent, SourcePort } from '../graph/ports.ts';
import { residuesOf } from '../graph/residue.ts';
import { type Event, frameOf, oracle, plan, rowTexts } from '../graph/scenario.fixture.ts';
import { openTally } from '../graph/tally.ts';
import { openRuntimes } from '../run/parts.ts';
import type { DeadLetter } from '../../workers/protocol.ts';
import { startPool } from './pool.ts';

const threadFile = fileURLToPath(new URL('./second-reading.fixture.ts', import.meta.url));

const quiet = {
  open: () => Promise.resolve(),
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/** Runs a log in two frames that are read side by side: what the first says of time the second does not know. */
async function run(log: readonly Event[], cut: number) {
  const port: SourcePort = {
    open: () => EMPTY,
    ...{ pause: () => undefined, resume: () => undefined, maxFrameBytes: 1 << 20 },
    reread: async (partition, first, next) =>
      frameOf([{ partition, first, events: log.slice(first, next) }]),
    commit: () => Promise.resolve(),
    identity: () => Promise.resolve('t'),
    ends: () => Promise.resolve(new Map()),
  };
  const pool = await startPool({ threadFile }).open({ program: plan, workers: 2 });
  const rows: string[] = [];
  const letters: DeadLetter[] = [];
  const runtimes = openRuntimes(plan, [port]);
  const tally = openTally();
  const events: SourceEvent[] = [
    { kind: 'partitions', partitions: [0], filling: true },
    ...[log.slice(0, cut), log.slice(cut)].map((some, i): SourceEvent => {
      const frame = frameOf([{ partition: 0, first: i * cut, events: some }]);
      return { kind: 'frame', frame };
    }),
  ];
  const graph$ = buildGraph({
    ...{
      ...runtimes,
      plan,
      pool,
      tally,
      acks: new Acknowledgements(),
      ledger: openLedger(1 << 20),
    },
    sources: runtimes.sources.map((source) => ({
      ...source,
      events$: concat(from(events), of({ kind: 'finished' as const })),
    })),
    sinks: plan.sinks.map(({ name }) => ({
      ...quiet,
      write: (batch) => Promise.resolve(void rows.push(...rowTexts(name, batch))),
    })),
    deadLetters: { ...quiet, write: (more) => Promise.resolve(void letters.push(...more)) },
    durable: () => Promise.resolve(),
    ticks$: () => EMPTY,
    onLetters: () => undefined,
  });
  try {
    await lastValueFrom(graph$, { defaultValue: null });
  } finally {
    await pool.close();
  }
  return { rows: rows.sort(), letters, residues: residuesOf(plan, tally, runtimes.windows) };
}

/** Late by what the first frame says; then one that makes the next late, and one that is not. */
const log: readonly Event[] = [
  ...[0, 50, 100].map((t) => ({ k: 'a', t, x: 1 })),
  ...[
    { k: 'a', t: 1, x: 6.5 },
    { k: 'a', t: 2, x: 6.25 },
    { k: 'a', t: 3, x: 1 },
  ],
  ...[
    { k: 'b', t: 150, x: 6.5 },
    { k: 'b', t: 103, x: 2 },
    { k: 'b', t: 149, x: 3 },
  ],
];

it('L1 W2: a record that only kills the worker that reads it again has its late letter, with its bytes', async () => {
  const { rows, letters, residues } = await run(log, 3);
  const expected = oracle([log]);
  expect(rows).toEqual(expected.rows);
  expect(letters.map(({ partition, offset }) => `${partition}@${offset}`).sort()).toEqual(
    expected.late,
  );
  expect(residues).toEqual([]);
  const textOf = (at: number): string =>
    new TextDecoder().decode(letters.find(({ offset }) => offset === at)?.value);
  expect(letters.every(({ code, stage }) => code === 'LATE' && stage === 'tens')).toBe(true);
  // The bytes of one that not even copying them survives are lost; the letter is not.
  expect([3, 4, 5, 7].map(textOf)).toEqual([
    '{"k":"a","t":1,"x":6.5}',
    '',
    '{"k":"a","t":3,"x":1}',
    '{"k":"b","t":103,"x":2}',
  ]);
}, 120_000);
