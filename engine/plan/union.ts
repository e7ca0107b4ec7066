/**
 * What a stage reads: one source or stage, or the union of several. Records of a union keep their
 * source, partition, offset and watermark; one that comes by two inputs counts twice. Rows of windows
 * keep the window they are of. The frame of a union has one slot a column, whatever slots the inputs have.
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
  if (!checkNames(stage, building) || !checkOrigin(stage, offers, building)) return null;
  const aligned = stage.from.map((_, at) => align(stage, { offers, at }, building));
  if (!aligned.every((slots) => slots !== null)) return null;
  const columns = offer.columns.map((column, slot): PlanColumn => {
    const nullable = offers.some((each) => columnIn(each, column.name)?.nullable === true);
    return { ...column, nullable, slot };
  });
  const times = timesOf(offers, columns.length);
  const isTimed = (times?.recordTime ?? null) !== null;
  const union = aligned.map((slots, at): UnionInput => {
    const time = isTimed ? [offers[at]?.times?.recordTime?.slot ?? 0] : [];
    return { input: stage.from[at] ?? '', slots: [...slots, ...time] };
  });
  const slots = union[0]?.slots.length ?? 0;
  const offered = {
    columns,
    slots,
    ...(times === null ? {} : { times }),
    ...joined(stage, offers, building),
  };
  return { input: first, offer: withTells(offered), union };
}

/** What the inputs of a union offer together, but for columns. */
function joined(
  { from }: StageSpec,
  offers: readonly Offer[],
  { spec }: Building,
): Pick<Offer, 'broken' | 'window' | 'keys' | 'apart' | 'above' | 'exploded' | 'sources'> {
  const sources = new Set(from.flatMap((name) => everythingAbove(name, spec).sources));
  return {
    broken: new Set(offers.flatMap((each) => [...each.broken])),
    window: offers.some((each) => each.window),
    keys: [...new Set(offers.flatMap((each) => each.keys))],
    apart: [...new Set(offers.flatMap((each) => each.apart ?? []))],
    above: offers.flatMap((each) => each.above),
    exploded: offers.some((each) => each.exploded === true),
    ...(sources.size > 1 ? { sources: [...sources] } : {}),
  };
}

/** `record_time` and `now()` where all inputs have them; the former has a slot of its own. */
function timesOf(offers: readonly Offer[], slot: number): NonNullable<Offer['times']> | null {
  const [first, ...others] = offers.map(({ times }) => times);
  if (first === undefined || !others.every((each) => each !== undefined)) return null;
  const all = [first, ...others];
  const { recordTime } = first;
  const isTimed = recordTime !== null && all.every((each) => each.recordTime !== null);
  const nullable = all.some((each) => each.recordTime?.nullable === true);
  return {
    recordTime: isTimed ? { ...recordTime, nullable, slot } : null,
    nowMs: all.every(({ nowMs }) => nowMs !== null) ? first.nowMs : null,
  };
}

/** An offer with the columns that tell the rows of its windows apart. */
export function withTells(offer: Offer): Offer {
  const { above, columns } = offer;
  if (above.length < 2) return { ...offer, tells: null };
  const tells = columns
    .map(({ name }) => name)
    .filter((name) => {
      const values = above.flatMap(({ constants }) => constants.get(name) ?? []);
      return new Set(values).size === above.length;
    });
  return { ...offer, tells };
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

/** A union is of records or of rows of windows, not of both. */
function checkOrigin(stage: StageSpec, offers: readonly Offer[], building: Building): boolean {
  const { report } = building;
  const path = ['stages', stage.name, 'from'];
  const windows = stage.from.filter((_, at) => offers[at]?.window === true);
  const records = stage.from.filter((_, at) => offers[at]?.window === false);
  if (windows.length > 0 && records.length > 0) {
    const [window = '', record = ''] = [windows[0], records[0]];
    const message = `${window} gives rows of windows and ${record} records: these have no common order`;
    const hint = 'put the records into a window first, or give each a sink of its own';
    report({ code: 'union-rows', path, message, hint });
    return false;
  }
  const names = offers.flatMap(({ above }) => above.map(({ name }) => name));
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice === undefined) return true;
  const message = `rows of ${twice} come by several inputs, and nothing would tell them apart`;
  const hint = 'write one stage that reads it, e.g. with `case` in `set`';
  report({ code: 'union-rows', path, message, hint });
  return false;
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
