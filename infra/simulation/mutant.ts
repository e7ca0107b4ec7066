/** A broken variant of the engine. */
import type { Patch } from '../patch.ts';

/** One broken variant. */
export interface Mutant {
  readonly name: string;
  /** The rule that it breaks. */
  readonly rule: string;
  readonly patches: readonly Patch[];
}

/** A mutant of one patch. */
export const one = (
  name: string,
  rule: string,
  file: string,
  ...[find, replace]: readonly [string, string]
): Mutant => ({ name, rule, patches: [{ file, find, replace }] });
