/** Where cost grows faster than what it is measured over. */
import type { Drain } from './drain.ts';
import type { Point } from './report.ts';
import type { Sweep } from './sweep.ts';

/** A step of a sweep, from one point to the next. */
export interface Growth {
  readonly dimension: string;
  readonly measure: string;
  readonly from: number;
  readonly to: number;
  readonly costFrom: number;
  readonly costTo: number;
  /** Of x in cost ~ x^exponent between the two: 0 costs the same, above 1 grows super-linearly. */
  readonly exponent: number;
}

const measures: readonly {
  readonly measure: string;
  readonly of: (drain: Drain) => number;
}[] = [
  { measure: 'CPU-s a million', of: (drain) => drain.cpuSecondsPerMillion },
  { measure: 'peak MiB', of: (drain) => drain.peakRssMib },
];

/** The steps of all sweeps over a quantity: codecs, exponents of Zipf and what begins at 0 are none. */
export function growthsOf(points: readonly Point[], sweeps: readonly Sweep[]): Growth[] {
  return sweeps
    .filter(({ dimension }) => dimension !== 'compression' && dimension !== 'zipf')
    .flatMap(({ dimension }) => {
      const own = points
        .filter(({ name }) => name.startsWith(`${dimension}=`))
        .toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0));
      return measures.flatMap(({ measure, of }) =>
        own.slice(1).flatMap((point, i): Growth[] => {
          const before = own[i] as Point;
          const [from, to] = [before.value ?? 0, point.value ?? 0];
          if (from <= 0 || to <= from) return [];
          const [costFrom, costTo] = [of(before.median), of(point.median)];
          const exponent = Math.log(costTo / costFrom) / Math.log(to / from);
          return [{ dimension, measure, from, to, costFrom, costTo, exponent }];
        }),
      );
    });
}

/** Lines of the steps that grow super-linearly, or one that says there are none; empty without steps. */
export function growthText(growths: readonly Growth[]): string {
  if (growths.length === 0) return '';
  const steep = growths.filter(({ exponent }) => exponent > 1);
  const steepest = growths.reduce((most, one) => (one.exponent > most.exponent ? one : most));
  if (steep.length === 0) {
    return `nothing grows super-linearly; most does ${growthLine(steepest)}\n`;
  }
  return steep.map((growth) => `super-linear: ${growthLine(growth)}\n`).join('');
}

const growthLine = ({ dimension, measure, from, to, ...cost }: Growth): string =>
  `${measure} over ${dimension} from ${from.toLocaleString('en-US')} to ${to.toLocaleString('en-US')}: ${rounded(cost.costFrom)} → ${rounded(cost.costTo)} (as ${dimension} to the power of ${cost.exponent.toFixed(2)})`;

const rounded = (value: number): string => value.toPrecision(3);
