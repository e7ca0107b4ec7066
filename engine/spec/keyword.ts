/**
 * What a keyword of the language declares about itself: enough to validate its value, to write the
 * JSON schema and the reference, and to suggest it when it is misspelt.
 */
import type { z } from 'zod';

/** Where in a definition a keyword may stand. */
export type KeywordFamily = 'source' | 'record' | 'window' | 'sink';

/** One keyword, e.g. `tumbling`. */
export interface Keyword<Args = unknown> {
  readonly keyword: string;
  readonly family: KeywordFamily;
  /** One sentence for the reference. */
  readonly summary: string;
  /**
   * Shape of the value after the keyword, from YAML to Args. Built from spec/fields.ts so that
   * durations, sizes and `${…}` strings are understood everywhere; every field has `.describe()`.
   */
  readonly fields: z.ZodType<Args>;
  /** Other engines' words for it, e.g. `hop`, `hopping`: suggested, never accepted. */
  readonly aliases: readonly string[];
  /** YAML of one use, shown in the reference. */
  readonly example: string;
  /** Not written by people: takes the place of another keyword when it is normalised. */
  readonly internal?: boolean;
  /** The field a bare scalar fills: `simulate: weather` is `simulate: { dataset: weather }`. */
  readonly short?: string;
  /** Fields that may stand beside the keyword as well: `{ sliding: 1h, every: 5m }`. */
  readonly beside?: readonly string[];
  /** What it does with these arguments, in a few words for a notice: `simulated weather, 24h of readings`. */
  describe?(args: Args): string;
}

/** All keywords the language has; a value passed in. */
export interface Vocabulary {
  readonly keywords: readonly Keyword[];
}
