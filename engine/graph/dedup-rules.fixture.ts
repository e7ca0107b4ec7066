/** The rules O2 and W1 to W3 for one record at a time, for oracles of pipelines with dedups. Seconds. */
import type { Event, Log } from './scenario.fixture.ts';

/** What the rules say of a record, by its partition's watermark before it. */
export interface Rules<Stage extends string> {
  /** Whether a dedup lets it pass; a duplicate is counted. */
  first(stage: Stage, key: unknown, within: number): boolean;
  /** The windows that it counts in, `stage key start`; a record that is late for all of them has a letter. */
  windows(stage: string, [size, slide, grace]: readonly [number, number, number]): string[];
  /** An expression of the stage fails for it. */
  fails(stage: string): void;
}

/** What the rules kept account of: letters as `CODE stage partition@offset`. */
export interface RulesOutcome<Stage extends string> {
  readonly letters: string[];
  readonly duplicates: Record<Stage, number>;
}

/** Goes through the logs, partition by partition; `out_of_order` is five seconds. */
export function byRules<Stage extends string>(
  logs: readonly Log[],
  duplicates: Record<Stage, number>,
  take: (event: Event, rules: Rules<Stage>) => void,
): RulesOutcome<Stage> {
  const letters: string[] = [];
  logs.forEach((log, partition) => {
    const seen = new Map<string, number>();
    let max = -Infinity;
    log.forEach((event, offset) => {
      const { k, t } = event;
      const watermark = max - 5;
      max = Math.max(max, t);
      const report = (code: string, stage: string): void =>
        void letters.push(`${code} ${stage} ${partition}@${offset}`);
      take(event, {
        first: (stage, key, within) => {
          const name = JSON.stringify([stage, key]);
          const before = seen.get(name);
          if (before !== undefined && before + within > watermark) {
            duplicates[stage]++;
            return false;
          }
          seen.set(name, t);
          return true;
        },
        windows: (stage, [size, slide, grace]) => {
          const found: string[] = [];
          for (let start = Math.floor(t / slide) * slide; start > t - size; start -= slide) {
            if (start + size + grace <= watermark) continue;
            found.push(`${stage} ${JSON.stringify(k)} ${start}`);
          }
          if (found.length === 0) report('LATE', stage);
          return found;
        },
        fails: (stage) => report('EXPRESSION', stage),
      });
    });
  });
  return { letters: letters.sort(), duplicates };
}
