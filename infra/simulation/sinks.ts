/** Sinks of one life: slow, stuck or broken as the schedule says, over what outlives them. */
import { type RowBatch, cellOf } from '../../engine/core/batch.ts';
import type { DeadLetterPort, SinkHandle, SinkPort } from '../../engine/graph/ports.ts';
import type { DeadLetter } from '../../workers/protocol.ts';
import type { Agenda } from './agenda.ts';
import { type Durable, keyOf } from './durable.ts';
import type { SinkPart } from './pipeline.ts';

/** What sinks need of their world. */
export interface SinkWorld {
  readonly durable: Durable;
  readonly agenda: Agenda;
  readonly random: () => number;
  /** Actors that refuse what is written from now on. */
  readonly broken: ReadonlySet<string>;
  /** What is written now is of windows that are still open (R7). */
  readonly mode: { readonly isProvisional: boolean };
  /** Rows given to each sink so far, but for those that are not final (W5): they are in no count. */
  readonly given: ReadonlyMap<string, number>;
  /** Writes that the server may have got when the process dies. */
  readonly underWay: Set<() => void>;
}

/** Opens a sink; `handle` is the one of the snapshot restored. */
export function openSink(part: SinkPart, handle: SinkHandle, world: SinkWorld): SinkPort {
  return part.kind === 'file' ? fileOf(part, handle, world) : serverOf(part, world);
}

/** A server: takes writes side by side, answers in any order; an answer may be lost, not a write. */
function serverOf(part: SinkPart, world: SinkWorld): SinkPort {
  const { name, kind } = part;
  const { durable, agenda, underWay, given } = world;
  const finals = new Set<string>();
  let before = given.get(name) ?? 0;
  return {
    ...quiet,
    write: async (batch) => {
      const now = given.get(name) ?? 0;
      const isProvisional = world.mode.isProvisional || now === before;
      before = now;
      refuse(name, world);
      const rows = rowTexts(part, batch);
      if (kind === 'table') {
        durable.breaches.push(...lateProvisional(name, rows, { isProvisional, finals }));
      }
      const stamp = durable.stamp();
      const take = (): void => {
        if (kind === 'table') durable.put(name, { rows, isProvisional, stamp });
        else durable.of(name).rows.push(...rows);
      };
      underWay.add(take);
      await agenda.turn(name);
      underWay.delete(take);
      refuse(name, world);
      take();
      await agenda.turn(name);
    },
  };
}

/** Within a life no row that is not final comes behind the final one (W5). */
function lateProvisional(
  name: string,
  rows: readonly string[],
  { isProvisional, finals }: { isProvisional: boolean; finals: Set<string> },
): string[] {
  const late = isProvisional ? rows.filter((row) => finals.has(keyOf(row))) : [];
  if (!isProvisional) for (const row of rows) finals.add(keyOf(row));
  return late.map((row) => `${name}: a row that is not final came behind the final one: ${row}`);
}

/** A file: one thing after the other, exactly once by prepare and commit (R2). */
function fileOf(part: SinkPart, handle: SinkHandle, world: SinkWorld): SinkPort {
  const { name } = part;
  const kept = world.durable.of(name);
  // What the snapshot names counts; what was staged after it never was.
  const named = (handle as number | null | undefined) ?? 0;
  if (named < kept.committed && !world.durable.hasFallenBack) {
    world.durable.breaches.push(`${name}: of ${kept.committed} visible rows ${named} are left`);
  }
  kept.committed = named;
  kept.rows.length = kept.committed;
  let line: Promise<unknown> = Promise.resolve();
  const inLine = <T>(work: () => T): Promise<T> => {
    const result = line
      .then(() => world.agenda.turn(name))
      .then(() => {
        refuse(name, world);
        return work();
      });
    line = result.catch(() => undefined);
    return result;
  };
  return {
    ...quiet,
    write: (batch) => inLine(() => void kept.rows.push(...rowTexts(part, batch))),
    prepare: () => inLine(() => kept.rows.length),
    commit: (prepared) => inLine(() => void (kept.committed = prepared as number)),
  };
}

/** Dead letters: at least once, by id (R6). */
export function openLetters(world: SinkWorld): DeadLetterPort {
  return {
    ...quiet,
    write: async (letters) => {
      refuse('letters', world);
      await world.agenda.turn('letters');
      for (const letter of letters) world.durable.letters.set(idOf(letter), letter);
    },
  };
}

const quiet = {
  open: () => Promise.resolve(),
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

function refuse(name: string, { broken }: SinkWorld): void {
  if (broken.has(name)) throw new Error(`${name} is broken`);
}

/** What a letter is known by. */
export const idOf = ({ stage, source, partition, offset }: DeadLetter): string =>
  `${stage} ${source} ${partition}@${offset}`;

/** Rows in the words of the oracle; windows that count have a partition and a number (W7). */
function rowTexts({ stage, isCounted }: SinkPart, { length, vectors }: RowBatch): string[] {
  return Array.from({ length }, (_, row) => {
    const [k, ...others] = vectors.map((vector) => cellOf(vector, row));
    const key = JSON.stringify(k);
    if (stage === 'rows') return `${key} ${others.slice(0, 2).map(String).join(' ')}`;
    const [start, end, ...results] = others;
    const name = isCounted ? `${String(start)}/${String(end)}` : Number(start) / 1000;
    return `${key} ${name} ${results.map(String).join(' ')}`;
  });
}
