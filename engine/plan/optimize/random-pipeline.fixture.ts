/** Random small definitions and records: what the passes of the optimiser are tried on. */
import fc from 'fast-check';
import { SourceProgram } from '../../../workers/program.ts';
import type { Reply, SliceReply } from '../../../workers/protocol.ts';
import { type RowBatch, type Vector, cellOf } from '../../core/batch.ts';
import { definition } from '../definition.fixture.ts';
import type { Plan } from '../planner.ts';

const PATTERN = 'yyyy-MM-dd HH:mm:ss';
/** What the source reads as event time, too. */
const AT = `to_timestamp(date, '${PATTERN}')`;

/** The source of random definitions; dates may be null, and `other` is a date that nothing else reads. */
export const sourceOf = (ambiguous: string, date = 'string'): string => `
file: "data/*.ndjson"
schema: { date: ${date}, other: string, city: string!, tags: "array<string>", t: float!, n: int, spare: double }
event_time: { column: date, pattern: "${PATTERN}", ambiguous: ${ambiguous} }
watermark: { out_of_order: 10m }
`;

const times = ['2024-10-27 02:30:00', '2024-03-28 10:00:00'];
const conditions = [
  't > 3',
  'n is null or n > 2',
  `${AT} >= to_timestamp('${times[0]}', '${PATTERN}')`,
  `to_timestamp(other, '${PATTERN}') > to_timestamp('${times[1]}', '${PATTERN}')`,
  'cast(city as int) < 5',
  "city <> 'a' and t / n > 1",
  `date_part('hour', ${AT}) < 12`,
];
const values = [
  AT,
  `date_trunc('hour', ${AT})`,
  `to_timestamp(date, 'yyyy-MM-dd HH:mm')`,
  'date',
  'city',
  't',
  'n',
  't + 1',
  'n + 2147483000',
  'cast(city as int)',
  'concat(city, coalesce(other, date))',
];

interface Stage {
  readonly from: number;
  readonly kind: number;
  readonly where: number;
  readonly sets: readonly number[];
}

/** A row-wise stage, of the source or of one before it. */
function recordText({ from, kind, where, sets }: Stage, index: number): string {
  const set = sets.map((each, i) => `c${index}_${i}: "${values[each % values.length] ?? ''}"`);
  const lines = [
    `from: ${inputOf(from, index)}`,
    `where: "${conditions[where] ?? 't >= 0'}"`,
    ...(kind === 1 ? ['explode: { column: tags, as: tag }', 'omit: [tag]'] : []),
    ...(kind === 2 ? ['dedup: { by: [city, n], within: 1h }'] : []),
    ...(kind === 3 && set.length > 0 ? [`omit: [c${index}_0]`] : []),
    ...(set.length > 0 ? ['set:', ...set.map((one) => `  ${one}`)] : []),
  ];
  return [`s${index}:`, ...lines.map((line) => `  ${line}`)].join('\n');
}

const inputOf = (from: number, count: number): string =>
  from % (count + 1) === 0 ? 'readings' : `s${(from % (count + 1)) - 1}`;

const shapes = ['tumbling: 10m', 'tumbling: 5m', 'sliding: 20m, every: 5m', 'session: 3m, max: 1h'];

/** A window over the source or one of `count` row-wise stages. */
function windowText({ from, kind, sets, where }: Stage, index: number, count: number): string {
  const [key = 0] = sets;
  const group = ['city', 'date', 'n'][key % 3] ?? '';
  const argument = ['t', 'n', AT, 't + 1', 't'][where % 5] ?? '';
  return `w${index}:
  from: ${inputOf(from, count)}
  window: { ${shapes[kind % shapes.length] ?? ''}, grace: 2m }
  group_by: [${group}]
  aggregate: { rows: count(), most: "max(${argument})", by: "min_by(date, t)" }
  late: dead_letter`;
}

/** Windows that read one input; where they are twins they group by the same column, too. */
function besides(windows: readonly Stage[], twins: number): readonly Stage[] {
  const [first] = windows;
  if (first === undefined || twins === 0) return windows;
  const { from, sets } = first;
  return windows.map((each) => ({ ...each, from, sets: twins > 1 ? sets : each.sets }));
}

interface Link {
  readonly where: number;
  readonly sets: number;
}

/** What the stages of a row ask, some of it of what stages before have set. */
const asked = [
  't < 11',
  'r0 < 9',
  "r0 < 9 and k0 <> 'a'",
  'x0 > 4 and (n is null or n < 3) and t < 11',
  "city <> 'a' and cast(city as int) < 9",
  'n is not null and date is not null and x0 < 20',
];

/** Stages in a row, each of which reads the one before: l0 ─▶ l1 ─▶ … */
const linkText = ({ where, sets }: Link, index: number): string => `l${index}:
  from: ${index === 0 ? 'readings' : `l${index - 1}`}
${index > 0 && where < asked.length ? `  where: "${asked[where] ?? ''}"\n` : ''}  set:
    r${index}: t + ${index}
    k${index}: city
    x${index}: "t * 2"${sets === 1 ? `\n    f${index}: cast(city as int)` : ''}${sets === 2 ? `\n    y${index}: r0 + x0` : ''}`;

interface Row {
  readonly links: readonly Link[];
  readonly end: number;
  readonly forks: boolean;
}

/** The stages of a row and what reads the last of them; where it forks, something reads the first, too. */
function rowText({ links, end, forks }: Row): { stages: string[]; sinks: string[] } {
  const last = `l${links.length - 1}`;
  const window = `window: { tumbling: 10m }\n  group_by: [city]\n  aggregate: { most: max(r0 + 1) }`;
  const ends = [
    `omit: [x0]`,
    'where: r0 < 8',
    `where: x0 < 20\n  dedup: { by: [city, n], within: 1h }`,
  ];
  return {
    stages: [
      ...links.map(linkText),
      `end:\n  from: ${last}\n  ${end === 3 ? window : (ends[end] ?? '')}`,
    ],
    sinks: [
      `end: { from: end, ${end === 3 ? '' : 'where: "t > 2 and r0 < 7", '}stdout: {} }`,
      ...(forks ? ['fork: { from: l0, where: r0 > 2, stdout: {} }'] : []),
    ],
  };
}

/** A union of two stages of the source. */
const UNION = `u1:
  from: readings
  set: { x: "${AT}" }
u2:
  from: readings
  where: t > 1
  set: { x: "${AT}" }
u:
  from: [u1, u2]
  where: x > to_timestamp('${times[1] ?? ''}', '${PATTERN}')`;

const stage = fc.record({
  from: fc.nat(7),
  kind: fc.nat(5),
  where: fc.nat(2 * conditions.length),
  sets: fc.array(fc.nat(20), { maxLength: 3 }),
});

const row = fc.record({
  links: fc.array(fc.record({ where: fc.nat(8), sets: fc.nat(3) }), { minLength: 1, maxLength: 4 }),
  end: fc.nat(3),
  forks: fc.boolean(),
});

/** A random definition: row-wise stages, side by side and in a row, a union, windows, and a sink of each. */
export const definitions: fc.Arbitrary<string> = fc
  .record({
    ambiguous: fc.constantFrom('earlier', 'later', 'dead_letter'),
    date: fc.constantFrom('string', 'string!'),
    stages: fc.array(stage, { minLength: 1, maxLength: 5 }),
    windows: fc.oneof(
      { arbitrary: fc.array(stage, { minLength: 2, maxLength: 3 }), weight: 4 },
      { arbitrary: fc.array(stage, { maxLength: 1 }), weight: 1 },
    ),
    twins: fc.nat(4),
    row: fc.option(row),
    union: fc.boolean(),
    keep: fc.nat(63),
  })
  .map(({ ambiguous, date, stages, windows, twins, row, union, keep }) => {
    const inRow = row === null ? { stages: [], sinks: [] } : rowText(row);
    const texts = [
      ...stages.map(recordText),
      ...besides(windows, twins).map((each, i) => windowText(each, i, stages.length)),
      ...inRow.stages,
      ...(union ? [UNION] : []),
      `few:\n  from: ${inputOf(keep, stages.length)}\n  where: t < 9\n  select: [city]`,
    ];
    const names = [...stages.map((_, i) => `s${i}`), ...windows.map((_, i) => `w${i}`)];
    const read = names.filter((name, i) => (keep >> i) % 4 === 0 || name.startsWith('w'));
    const sinks = [
      ...read.map((name) => `out_${name}: { from: ${name}, stdout: {} }`),
      'few: { from: few, where: "city <> \'b\'", stdout: {} }',
      ...inRow.sinks,
      ...(union ? ['u: { from: u, stdout: {} }'] : []),
    ];
    const source = sourceOf(ambiguous, date);
    return definition({ source, stages: texts.join('\n'), sinks: sinks.join('\n') });
  });

const date = fc.constantFrom(
  ...times,
  '2024-10-27 02:10:00',
  '2024-03-31 02:30:00',
  '2024-03-28 10:03:00',
  '2024-03-28 10:25:00',
  // This and that of 10:03 to one slot of numbers.
  '2024-03-28 08:51:00',
  'at noon',
  null,
);

/**
 * Texts that come back, `a` and `c84` to one slot of numbers; escaped ones are rare, since a column
 * with such has no numbers.
 */
const city = fc.oneof(
  {
    arbitrary: fc.constantFrom('a', 'c84', 'b', '7', 'é', `a ${'long '.repeat(9)}name`),
    weight: 20,
  },
  { arbitrary: fc.constantFrom('é\n', 3), weight: 1 },
);

/** Records for them, wrong ones among them. */
export const records: fc.Arbitrary<readonly unknown[]> = fc.array(
  fc.record(
    {
      date,
      other: date,
      city,
      tags: fc.constantFrom([], ['x'], ['x', 'é'], null, [1]),
      t: fc.integer({ min: 0, max: 12 }),
      n: fc.constantFrom(null, 0, 1, 3, 2147483647),
      spare: fc.constantFrom(null, 1.5, 'much'),
    },
    { requiredKeys: ['date', 'city', 't'] },
  ),
  { minLength: 1, maxLength: 12 },
);

/**
 * What the program of the workers makes of some records as partition 0: everything that it replies. It
 * reads them twice, since only the second time it knows their shapes, and once more for late ones.
 */
export function repliesOf(plan: Plan, rows: readonly unknown[]): unknown {
  const program = new SourceProgram(plan, 0, 1);
  const bytes = new TextEncoder().encode(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const slice = {
    ...{ partition: 0, start: 0, length: bytes.length },
    ...{ firstOffset: 0, nextOffset: rows.length, maxEventTime: -Infinity },
  };
  const task = { source: 0, buffer: bytes.buffer, marks: [], late: null, slices: [slice] };
  const stages = [...plan.stages.entries()].filter(([, { kind }]) => kind === 'window');
  const late = stages.map(([stage]) => ({ stage, closedUpTo: Date.parse('2024-03-28T09:30:00Z') }));
  const twice = [program.run(task), program.run(task)];
  return [...twice, ...late.map((one) => program.run({ ...task, late: one }))].map(comparable);
}

/** A reply without how its columns are kept. */
const comparable = ({ slices, dictionaries }: Reply): unknown => ({
  slices: slices.map(({ rows, dedups = [], ...slice }: SliceReply) => ({
    ...slice,
    rows: rows.map(({ sink, batch }) => ({ sink, ...cells(batch), origin: batch.origin })),
    dedups: dedups.map((table) => ({ ...table, vectors: cells(table).cells })),
  })),
  dictionaries,
});

const cells = ({ length, vectors }: Pick<RowBatch, 'length' | 'vectors'>) => ({
  cells: vectors.map((vector: Vector) => Array.from({ length }, (_, row) => cellOf(vector, row))),
});
