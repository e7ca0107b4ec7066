/**
 * The ledger (L1): every record and every row is somewhere.
 *
 *     source     records   = unreadable + what each reader takes
 *     stage      in + exploded = out + filtered + duplicates + failed + waiting
 *     window     in        = merged + late + late by idleness
 *                counted   = emitted + failed + begun before the first record + open   (by window)
 *                emitted   = out + filtered by `having` + failed
 *     sink       in        = out + filtered + failed;  out = given = acknowledged
 *     letters    failed + unreadable = letters + skipped;  letters = acknowledged
 *
 * Both sides of an equation are counted in different places, mostly in different threads. Where they
 * differ the engine has lost or made up something: a bug, never a mistake of the data.
 */
import { EngineError } from '../errors.ts';
import { isOverSeveralLogs, windowsAbove } from '../plan/above.ts';
import type { Plan, WindowNode } from '../plan/planner.ts';
import { inputsOf } from '../plan/union.ts';
import { type RowCounts, type Tally, total } from './tally.ts';
import type { WindowRuntime } from './window-flow.ts';

/** An equation that does not hold. */
export interface Residue {
  /** Stage, sink, source or `dead letters`. */
  readonly at: string;
  /** The equation with its numbers. */
  readonly text: string;
}

/** A window stage as the ledger sees it. */
export interface LedgerWindow {
  readonly node: Pick<WindowNode, 'name'>;
  readonly store: Pick<WindowRuntime['store'], 'counters' | 'openGroups'>;
}

/** What a ledger is made of. */
export interface Ledgered {
  readonly plan: Plan;
  readonly tally: Tally;
  readonly windows: readonly LedgerWindow[];
}

type Terms = Readonly<Record<string, number>>;

/** Equations of one place. */
class Account {
  readonly residues: Residue[] = [];
  /** What each equation is off by, those that hold left out. */
  readonly differences = new Map<string, number>();
  readonly #carried: ReadonlyMap<string, number>;

  constructor(carried: ReadonlyMap<string, number>) {
    this.#carried = carried;
  }

  /** Requires two sums to be the same, but for what they were off by when the definition changed. */
  equal(at: string, left: Terms, right: Terms): void {
    const equation = `${at}: ${Object.keys(left).join(' + ')} = ${Object.keys(right).join(' + ')}`;
    const difference = sumOf(left) - sumOf(right);
    if (difference !== 0) this.differences.set(equation, difference);
    if (difference === (this.#carried.get(equation) ?? 0)) return;
    this.residues.push({ at, text: `${termsText(left)} but ${termsText(right)}` });
  }
}

const sumOf = (terms: Terms): number => Object.values(terms).reduce((sum, each) => sum + each, 0);

const termsText = (terms: Terms): string =>
  Object.entries(terms)
    .filter(([, value], i) => i === 0 || value !== 0)
    .map(([name, value]) => `${value} ${name}`)
    .join(' + ');

/**
 * What does not add up; empty for a sound run. To be asked when nothing is on its way: all rows and
 * letters are acknowledged. O(stages + groups of open windows).
 */
export function residuesOf(
  plan: Plan,
  tally: Tally,
  windows: readonly LedgerWindow[],
): readonly Residue[] {
  return accountOf({ plan, tally, windows }).residues;
}

/**
 * What the equations of a plan are made of, as text: a sink, a stage or a policy that comes or goes
 * makes others.
 */
export const equationsOf = ({ stages, sinks }: Plan): string =>
  JSON.stringify([
    stages.map((stage) => [
      stage.name,
      inputsOf(stage),
      stage.kind === 'window' ? stage.late : null,
    ]),
    sinks.map(({ name, input }) => [name, input]),
  ]);

/**
 * Goes on with a tally of another definition: what its counts are off by is no loss, since a sink
 * that is new has taken none of the rows before. To be asked before anything is read.
 */
export function carryOver({ plan, tally, windows }: Ledgered): void {
  tally.carried.clear();
  for (const [equation, off] of accountOf({ plan, tally, windows }).differences) {
    tally.carried.set(equation, off);
  }
}

function accountOf({ plan, tally, windows }: Ledgered): Account {
  const account = new Account(tally.carried);
  for (const { name } of plan.sources) sourceEquations(name, tally, account);
  for (const stage of plan.stages) {
    const { name, kind } = stage;
    const counts = tally.rows.get(name) ?? NO_ROWS;
    account.equal(
      name,
      { in: counts.in },
      Object.fromEntries(
        inputsOf(stage).map((input) => [`out of ${input}`, outOf(input, plan, tally)]),
      ),
    );
    rowEquation(name, counts, account, {
      duplicates: tally.duplicates.get(name) ?? 0,
      ...(isOverSeveralLogs(plan, stage) && { waiting: tally.waiting.get(name) ?? 0 }),
    });
    const window = windows.find(({ node }) => node.name === name);
    if (kind === 'window' && window !== undefined) windowEquations(window, tally, account);
  }
  for (const { name, input } of plan.sinks) {
    const counts = tally.sinks.get(name) ?? NO_ROWS;
    const given = tally.given.get(name) ?? 0;
    const at = `sink ${name}`;
    account.equal(at, { in: counts.in }, { [`out of ${input}`]: outOf(input, plan, tally) });
    rowEquation(at, counts, account);
    account.equal(at, { out: counts.out }, { 'given to it': given });
    account.equal(at, { 'given to it': given }, { acknowledged: tally.written.get(name) ?? 0 });
  }
  letterEquations(plan, tally, account);
  return account;
}

/** Throws EngineError ENG_INVARIANT that names every residue of a run that has come to its end. */
export function checkLedger({ plan, tally, windows }: Ledgered): void {
  const residues = residuesOf(plan, tally, windows);
  if (residues.length === 0) return;
  const lines = residues.map(({ at, text }) => `\n  ${at}: ${text}`);
  throw new EngineError(
    'ENG_INVARIANT',
    `engine bug: the ledger of ${plan.name} does not add up, so records were lost or counted twice (L1):${lines.join('')}`,
    { context: { residues } },
  );
}

const NO_ROWS: RowCounts = { in: 0, filtered: 0, failed: 0, out: 0 };
const NO_WINDOWS = { merged: 0, late: 0, lateIdle: 0, emitted: 0, failed: 0 };

/** What a source or stage hands to each of its readers. */
function outOf(name: string, { stages }: Plan, tally: Tally): number {
  const stage = stages.find((each) => each.name === name);
  if (stage === undefined) {
    return (tally.records.get(name) ?? 0) - (tally.unreadable.get(name) ?? 0);
  }
  return (stage.kind === 'window' ? tally.groups : tally.rows).get(name)?.out ?? 0;
}

function sourceEquations(source: string, tally: Tally, account: Account): void {
  const partitions = [...tally.partitions].filter(([name]) => name.startsWith(`${source}/`));
  for (const family of ['records', 'tombstones'] as const) {
    const sum = partitions.reduce((most, [, counts]) => most + counts[family], 0);
    account.equal(
      source,
      { [family]: tally[family].get(source) ?? 0 },
      { 'in its partitions': sum },
    );
  }
}

function rowEquation(
  at: string,
  counts: RowCounts,
  account: Account,
  deduped: Terms = { duplicates: 0 },
): void {
  const { out, filtered, failed, exploded = 0 } = counts;
  account.equal(at, { in: counts.in, exploded }, { out, filtered, ...deduped, failed });
}

function windowEquations({ node, store }: LedgerWindow, tally: Tally, account: Account): void {
  const { name } = node;
  const { merged, late, lateIdle, ...rows } = tally.windows.get(name) ?? NO_WINDOWS;
  const into = tally.rows.get(name)?.out ?? 0;
  account.equal(name, { 'for the windows': into }, { merged, late, 'late by idleness': lateIdle });
  const { contributed, emitted, failed, partialStart } = store.counters;
  account.equal(
    name,
    { 'counted in windows': contributed },
    {
      emitted: emitted.contributions,
      failed: failed.contributions,
      'begun too early': partialStart.contributions,
      open: store.openGroups().contributions,
    },
  );
  account.equal(name, { 'rows emitted': rows.emitted }, { 'of its windows': emitted.groups });
  account.equal(name, { 'rows failed': rows.failed }, { 'of its windows': failed.groups });
  const after = tally.groups.get(name) ?? NO_ROWS;
  account.equal(name, { 'rows emitted': rows.emitted }, { 'taken further': after.in });
  rowEquation(name, after, account);
}

const sumOver = <Counts>(family: ReadonlyMap<string, Counts>, of: (counts: Counts) => number) =>
  family.values().reduce((sum, counts) => sum + of(counts), 0);

function letterEquations(plan: Plan, tally: Tally, account: Account): void {
  const { stages } = plan;
  const at = 'dead letters';
  const { letters, reported, windows, partitions } = tally;
  const reporting = stages.flatMap((stage) =>
    stage.kind === 'window' && stage.late === 'dead_letter' ? (windows.get(stage.name) ?? []) : [],
  );
  const late = reporting.reduce((sum, counts) => sum + counts.late, 0);
  const lateIdle = reporting.reduce((sum, counts) => sum + counts.lateIdle, 0);
  account.equal(at, { 'late records': late }, { 'LATE letters': letters.get('LATE') ?? 0 });
  account.equal(
    at,
    { 'records late by idleness': lateIdle },
    { 'LATE_IDLE letters': letters.get('LATE_IDLE') ?? 0 },
  );
  const others = [...letters].filter(([code]) => !NOT_FAILED.has(code));
  const failed = (counts: { readonly failed: number }): number => counts.failed;
  account.equal(
    at,
    {
      unreadable: total(tally.unreadable),
      'failed in stages': sumOver(tally.rows, failed),
      'failed in windows': sumOver(windows, failed) + sumOver(tally.groups, failed),
      'failed in sinks': sumOver(tally.sinks, failed),
    },
    { letters: total(new Map(others)), skipped: tally.skipped },
  );
  account.equal(
    at,
    { late: sumOver(windows, (counts) => counts.late + counts.lateIdle) },
    { 'late in partitions': sumOver(partitions, (counts) => counts.late) },
  );
  const ofRecords = stages.filter((stage) => windowsAbove(plan, stage).length === 0);
  const duplicates = ofRecords.map(({ name }) => tally.duplicates.get(name) ?? 0);
  account.equal(
    at,
    { duplicates: duplicates.reduce((sum, each) => sum + each, 0) },
    { 'duplicates in partitions': sumOver(partitions, (counts) => counts.duplicates) },
  );
  for (const [code, count] of letters) {
    account.equal(at, { [`${code} letters`]: count }, { acknowledged: reported.get(code) ?? 0 });
  }
}

/** Letters of records and rows that no expression failed for, and that could be read. */
const NOT_FAILED: ReadonlySet<string> = new Set(['LATE', 'LATE_IDLE', 'REFUSED']);
