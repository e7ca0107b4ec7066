/** Tests of a definition as plain data: rows given to sources, rows expected of stages and sinks. */

/** Values as a test writes them, by name. */
export type TestValues = Readonly<Record<string, unknown>>;

/** The key of a step that lets time pass instead of giving a row; its value is then in ms. */
export const WAIT = '$wait';

/** What must not change the rows of a test. */
export interface UnderSpec {
  readonly shuffle: boolean;
  readonly partitions: readonly number[];
  readonly workers: readonly number[];
  readonly batch: readonly number[];
  readonly crash: 'each_step' | null;
}

/** A test of a definition, as it is written. */
export interface TestSpec {
  readonly name: string;
  /** Values of parameters, which hold for this test only. */
  readonly params: ReadonlyMap<string, string>;
  /** Rows by source, in the order they are read; a column that is left out is not in the record. */
  readonly given: Readonly<Record<string, readonly TestValues[]>>;
  /** Rows by stage, sink or `dead_letters`, in any order; each may name some of its columns. */
  readonly expect: Readonly<Record<string, readonly TestValues[]>>;
  readonly under: UnderSpec | null;
}
