/** `session`: rows of a group that follow each other closely. */
import type { WindowStage } from '../contract.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';

/** Validated fields of `session`. */
export interface SessionArgs {
  readonly gapMs: number;
  /** What a session never spans a multiple of, at least `gapMs`. */
  readonly maxMs: number;
}

/** The `session` keyword as the language sees it. */
export const sessionKeyword: Keyword<SessionArgs> = {
  keyword: 'session',
  family: 'window',
  summary:
    'Rows of a group that follow each other by less than a gap; `window_start` is the first one, `window_end` the last one plus the gap.',
  fields: fields
    .object({
      gap: fields.period().describe('A pause of this length ends a session.'),
      max: fields
        .period()
        .describe(
          'Sessions are cut at its multiples since 1970-01-01 UTC: what bounds their state.',
        ),
    })
    .transform(({ gap, max }) => ({ gapMs: gap, maxMs: max })),
  short: 'gap',
  beside: ['max'],
  aliases: ['sessions', 'session_window', 'session_gap', 'inactivity_gap'],
  example: 'window: { session: 30m, max: 1d, grace: 1m }',
};

/** The `session` window. */
export const session: WindowStage<SessionArgs> = {
  ...sessionKeyword,
  family: 'window',
  plan({ gapMs, maxMs }, { report, path }) {
    if (maxMs < gapMs) {
      report({
        code: 'session-too-long',
        path,
        message: 'sessions that are cut more often than their gap would hold pieces of a pause',
        hint: 'make `max` at least the gap, better a multiple of the longest session you expect',
      });
      return null;
    }
    return { kind: 'session', gapMs, maxMs };
  },
};
