/** Sinks of one life: slow, stuck or broken as the schedule says, over what outlives them. */
import { type RowBatch, cellOf } from '../../engine/core/batch.ts';
import type { DeadLetterPort, SinkHandle, SinkPort } from '../../engine/graph/ports.ts';
import type { DeadLetter } from '../../workers/protocol.ts';
import type { Agenda } from './agenda.ts';
import type { Durable } from './durable.ts';
import type { SinkPart } from './pipelines.ts';

/** What sinks need of their world. */
export interface SinkWorld {
  readonly durable: Durable;
  readonly agenda: Agenda;
  readonly random: () => number;
  /** Actors that refuse what is written from now on. */
  readonly broken: ReadonlySet<string>;
  /** What is written now is of windows that are still open (R7). */
  readonly mode: { readonly isProvisional: boolean };
  /** Writes that the server may have got when the process dies. */
  readonly underWay: Set<() => void>;
}

/** Opens a sink; `handle` is the one of the snapshot restored. */
export function openSink(part: SinkPart, handle: SinkHandle, world: SinkWorld): SinkPort {
  return part.kind === 'file' ? fileOf(part, handle, world) : serverOf(part, world);
}

/** A server: takes writes side by side, answers in any order; an answer may be lost, not a write. */
function serverOf({ name, stage, kind }: SinkPart, world: SinkWorld): SinkPort {
  const { durable, agenda, underWay } = world;
  return {
    ...quiet,
    write: async (batch) => {
      refuse(name, world);
      const rows = rowTexts(stage, batch);
      const { isProvisional } = world.mode;
      const take = (): void => {
        if (kind === 'table') durable.put(name, rows, isProvisional);
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

/** A file: one thing after the other, exactly once by prepare and commit (R2). */
function fileOf({ name, stage }: SinkPart, handle: SinkHandle, world: SinkWorld): SinkPort {
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
    write: (batch) => inLine(() => void kept.rows.push(...rowTexts(stage, batch))),
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
export const idOf = ({ stage, partition, offset }: DeadLetter): string =>
  `${stage} ${partition}@${offset}`;

/** Rows in the words of the oracle. */
function rowTexts(stage: string, { length, vectors }: RowBatch): string[] {
  return Array.from({ length }, (_, row) => {
    const [k, ...others] = vectors.map((vector) => cellOf(vector, row));
    const key = JSON.stringify(k);
    if (stage === 'rows') return `${key} ${others.slice(0, 2).map(String).join(' ')}`;
    const [start, , ...results] = others;
    return `${key} ${Number(start) / 1000} ${results.map(String).join(' ')}`;
  });
}
