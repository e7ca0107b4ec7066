/** A broken variant of the engine. */
import type { Patch } from '../patch.ts';
import type { PipelineName } from './pipelines.ts';

/** One broken variant. */
export interface Mutant {
  readonly name: string;
  /** The rule that it breaks. */
  readonly rule: string;
  /** The pipeline that shows it; any unless it is named. */
  readonly pipeline?: PipelineName;
  readonly patches: readonly Patch[];
}

/** A mutant of one patch. */
export const one = (
  name: string,
  rule: string,
  file: string,
  ...[find, replace]: readonly [string, string]
): Mutant => ({ name, rule, patches: [{ file, find, replace }] });

/** Mutants that one pipeline shows. */
export const shownBy = (pipeline: PipelineName, mutants: readonly Mutant[]): readonly Mutant[] =>
  mutants.map((mutant) => ({ ...mutant, pipeline }));
