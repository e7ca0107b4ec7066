/**
 * What a stage reads: one source or stage, or the union of several. All inputs of a union come from one
 * source, so that its records keep their partition, offset and watermark; a record that comes by two
 * inputs counts twice. The frame of a union has one slot a column, whatever slots the inputs have.
 */
import type { RecordStageSpec, Spec, WindowStageSpec } from '../spec/spec.ts';
import type { Building, Offer } from './build.ts';
import type { PlanColumn, UnionInput } from './planner.ts';

type StageSpec = RecordStageSpec | WindowStageSpec;

/** What a stage reads, planned. */
export interface ReadInput {
  /** The (first) input. */
  readonly input: string;
  readonly offer: Offer;
  readonly union?: readonly UnionInput[];
}

/** Names a node reads: one, or those of its union. */
export const inputsOf = ({
  input,
  union,
}: {
  readonly input: string;
  readonly union?: readonly UnionInput[];
}): readonly string[] => union?.map((each) => each.input) ?? [input];

/** Plans what a stage reads; null when that could not be planned, or after reporting. */
export function planInput(stage: StageSpec, building: Building): ReadInput | null {
  const [first = '', ...others] = stage.from;
  const offer = building.offers.get(first);
  if (offer === undefined) return null;
  if (others.length === 0) return { input: first, offer };
  const offers = stage.from.map((name) => building.offers.get(name));
  if (!offers.every((each) => each !== undefined)) return null;
  const isRight = checkOrigin(stage, building) && checkNames(stage, building);
  const aligned = stage.from.map((_, at) => align(stage, { offers, at }, building));
  if (!isRight || !aligned.every((slots) => slots !== null)) return null;
  const columns = offer.columns.map((column, slot): PlanColumn => {
    const nullable = offers.some((each) => columnIn(each, column.name)?.nullable === true);
    return { ...column, nullable, slot };
  });
  const broken = new Set(offers.flatMap((each) => [...each.broken]));
  const times = offers
    .map((each) => each.times?.recordTime?.slot)
    .filter((slot) => slot !== undefined);
  const union = aligned.map((slots, at): UnionInput => {
    return { input: stage.from[at] ?? '', slots: [...slots, ...times.slice(at, at + 1)] };
  });
  return { input: first, offer: { ...unionTimes(offer, columns.length), columns, broken }, union };
}

/** The first input's offer with a slot for `record_time` behind the columns, if it has one. */
function unionTimes(offer: Offer, slot: number): Offer {
  const { recordTime = null, nowMs = null } = offer.times ?? {};
  if (recordTime === null) return { ...offer, slots: slot };
  return { ...offer, slots: slot + 1, times: { recordTime: { ...recordTime, slot }, nowMs } };
}

const columnIn = ({ columns }: Offer, name: string): PlanColumn | undefined =>
  columns.find((column) => column.name === name);

/** The slots of an input's columns, in the order of the first one's; null after reporting. */
function align(
  { name, from }: StageSpec,
  { offers, at }: { offers: readonly Offer[]; at: number },
  { report }: Building,
): number[] | null {
  const [first, own] = [offers[0], offers[at]];
  if (first === undefined || own === undefined) return null;
  const wrong = (message: string): null => {
    const hint =
      'inputs of a union have the same columns: `select` them in a stage of its own, `set` casts';
    report({ code: 'union-columns', path: ['stages', name, 'from', at], message, hint });
    return null;
  };
  const [one = '', other = ''] = [from[0], from[at]];
  const more = own.columns.find((column) => columnIn(first, column.name) === undefined);
  if (more !== undefined) return wrong(`${other} has a column ${more.name}, which ${one} has not`);
  const slots: number[] = [];
  for (const column of first.columns) {
    const found = columnIn(own, column.name);
    // What is broken has been reported.
    if (found === undefined && own.broken.has(column.name)) continue;
    if (found === undefined)
      return wrong(`${other} has no column ${column.name}, which ${one} has`);
    if (found.type !== column.type) {
      return wrong(`${column.name} is ${found.type} in ${other}, and ${column.type} in ${one}`);
    }
    slots.push(found.slot);
  }
  return slots;
}

function checkNames({ name, from }: StageSpec, { report }: Building): boolean {
  const at = from.findIndex((each, index) => from.indexOf(each) < index);
  if (at < 0) return true;
  const message = `${from[at] ?? ''} is named twice`;
  const path = ['stages', name, 'from', at];
  report({ code: 'duplicate-column', path, message, hint: 'remove one of the two' });
  return false;
}

/** A union is of records of one source as they come: not behind windows or dedups. */
function checkOrigin(stage: StageSpec, building: Building): boolean {
  const { spec, report } = building;
  const above = stage.from.map((name) => everythingAbove(name, spec));
  const sources = new Set(above.flatMap(({ sources }) => sources));
  const stages = above.flatMap((each) => each.stages);
  const why = notYet(sources.size, stages);
  if (why === null) return true;
  const path = ['stages', stage.name, 'from'];
  report({ code: 'not-yet', path, message: `a union ${why} is not in this version` });
  return false;
}

function notYet(sources: number, stages: readonly StageSpec[]): string | null {
  if (sources > 1) return 'over several sources';
  if (stages.some(({ kind }) => kind === 'window')) return 'of rows of windows';
  return stages.some(hasDedup) ? 'behind a dedup' : null;
}

const hasDedup = (stage: StageSpec): boolean =>
  stage.kind === 'record' && stage.operations.some(({ keyword }) => keyword === 'dedup');

/** Reports a dedup behind a union, whose records come in no single order (O2). */
export function checkDedupOfUnion(stage: RecordStageSpec, { spec, report }: Building): void {
  if (!hasDedup(stage)) return;
  const stages = [stage, ...stage.from.flatMap((name) => everythingAbove(name, spec).stages)];
  if (!stages.some(({ from }) => from.length > 1)) return;
  report({
    code: 'not-yet',
    path: ['stages', stage.name, 'dedup'],
    atKey: true,
    message: 'a dedup behind a union is not in this version',
  });
}

/** The sources and stages that rows of a name come from, itself included. O(stages²). */
function everythingAbove(name: string, spec: Spec): { sources: string[]; stages: StageSpec[] } {
  const seen = new Set<string>();
  const found: { sources: string[]; stages: StageSpec[] } = { sources: [], stages: [] };
  const visit = (each: string): void => {
    if (seen.has(each)) return;
    seen.add(each);
    if (spec.sources.some((source) => source.name === each)) found.sources.push(each);
    const stage = spec.stages.find((one) => one.name === each);
    if (stage === undefined) return;
    found.stages.push(stage);
    stage.from.forEach(visit);
  };
  visit(name);
  return found;
}
