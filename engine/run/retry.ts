/**
 * Dead letters back into the log they came from, once what was wrong with the definition is put right.
 *
 * A record may only be read again if nothing has counted it yet: one that its source could not read,
 * or one whose stage everything below the source reads through. Others have counted in what lies
 * beside the stage that failed, and would count there twice. And where the definition has changed so
 * that its state does not fit any more, the next run starts over, and reads what its log still holds.
 */
import type { KeptLetter } from '../io/dead-letter/kept-letter.ts';
import type { Plan } from '../plan/planner.ts';
import { inputsOf } from '../plan/union.ts';

/** What is to be sent, and what is not, in plain words. */
export interface RetryPlan {
  /** By source, in the order of partitions and offsets. */
  readonly send: ReadonlyMap<string, readonly KeptLetter[]>;
  /** Reasons with the number of letters. */
  readonly left: ReadonlyMap<string, number>;
}

/** What a decision depends on. */
export interface RetryRules {
  /** Ids of letters that have been sent again before. */
  readonly retried: ReadonlySet<string>;
  /** Also what would count twice somewhere. */
  readonly force: boolean;
  /** First offset that the next run reads anyway; Infinity where it goes on from its state. */
  readonly readFrom: (source: string, partition: number) => number;
}

/** Decides what is sent again. */
export function planRetry(
  plan: Plan,
  letters: readonly KeptLetter[],
  rules: RetryRules,
): RetryPlan {
  const send = new Map<string, KeptLetter[]>();
  const left = new Map<string, number>();
  // A record that fails in several places, or as several rows, is sent once.
  const records = new Set(letters.filter(({ id }) => rules.retried.has(id)).map(recordOf));
  const inOrder = letters.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset);
  for (const letter of inOrder) {
    const reason =
      reasonToLeave(letter, plan) ??
      reasonOfTime(letter, rules) ??
      (records.has(recordOf(letter)) ? 'are of records that are sent already' : null) ??
      (rules.force ? null : reasonOfTwice(letter, plan));
    if (reason !== null) left.set(reason, (left.get(reason) ?? 0) + 1);
    else {
      records.add(recordOf(letter));
      const of = send.get(letter.source);
      if (of === undefined) send.set(letter.source, [letter]);
      else of.push(letter);
    }
  }
  return { send, left };
}

const recordOf = ({ source, partition, offset }: KeptLetter): string =>
  JSON.stringify([source, partition, offset]);

/** Why a letter cannot be sent again. */
function reasonToLeave(letter: KeptLetter, { sources }: Plan): string | null {
  const { code, partition, source, value } = letter;
  if (code === 'REFUSED') {
    return 'are rows that a table refused: put the table right, the rows come with the next change of their windows or with --fresh';
  }
  if (partition < 0) return 'are rows of windows, not records: no log holds them';
  if (code === 'LATE' || code === 'LATE_IDLE') {
    return 'are late: their windows have closed, and they would be late again (give the window more grace and run with --fresh)';
  }
  if (value === null) return 'were too large to be kept: their bytes are not here';
  const node = sources.find(({ name }) => name === source);
  if (node === undefined) return `are of source ${source}, which the definition does not have`;
  const { kind } = node.connector;
  if (kind === 'kafka' || kind === 'topic_log') return null;
  if (kind === 'file') {
    return `are lines of files, which nobody but you may change: put them right there and run again (source ${source})`;
  }
  return `are of source ${source} (${kind}), which is no log that records can be added to`;
}

/** Why a letter need not be sent any more. */
function reasonOfTime(
  { id, source, partition, offset }: KeptLetter,
  { retried, readFrom }: RetryRules,
): string | null {
  if (retried.has(id)) return 'have been sent again before';
  if (offset < readFrom(source, partition)) return null;
  return 'are still in their topic, and the next run reads them anyway: the definition has changed, so that it has to start over (--fresh)';
}

/** What has counted a letter's record already, in words; null when nothing has. */
function reasonOfTwice({ stage, source, index }: KeptLetter, plan: Plan): string | null {
  if (index !== null) {
    return `are one of several rows of their record at ${stage}, of which others may have counted (--force sends the record nevertheless)`;
  }
  const beside = countedBeside(plan, source, stage);
  if (beside.length === 0) return null;
  return `failed at ${stage}, but have counted in ${beside.join(', ')}, which would count them twice (--force sends them nevertheless)`;
}

/** Sinks that a row may be written to twice without being there twice. */
const UPSERTS = new Set(['cassandra', 'sqlite']);

/**
 * Windows and sinks of records that have seen what failed at `stage`: all below the source that are
 * neither the stage nor below it, but for tables, where the same row replaces itself.
 */
export function countedBeside(plan: Plan, source: string, stage: string): readonly string[] {
  if (stage === source) return [];
  const found: string[] = [];
  const visit = (input: string): void => {
    for (const node of plan.stages) {
      if (!inputsOf(node).includes(input) || node.name === stage) continue;
      if (node.kind === 'window') found.push(node.name);
      else visit(node.name);
    }
    for (const { name, connector, ...sink } of plan.sinks) {
      if (sink.input !== input || name === stage || UPSERTS.has(connector.kind)) continue;
      found.push(name);
    }
  };
  visit(source);
  // What reads a union is come to by each of its inputs.
  return [...new Set(found)];
}
