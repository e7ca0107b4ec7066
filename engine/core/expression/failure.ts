/** How generated code says that a row cannot be computed. */

/** A value could not be computed on one row: data at fault, not the engine. One instance a thread. */
export class ExpressionFailure extends Error {
  reason = '';
}

// Preallocated: a stack trace per bad record would cost more than the record.
const failure = new ExpressionFailure('an expression failed');

/** Ends the computation of the row at hand. */
export function raise(reason: string): never {
  failure.reason = reason;
  throw failure;
}

/** The reason of a failure; throws again whatever else was thrown, as that is a bug. */
export function reasonOf(thrown: unknown): string {
  if (thrown === failure) return failure.reason;
  throw thrown;
}

/** A value as it is quoted in a reason: text in quotes, cut to 40 characters. */
export const quoted = (value: number | string): string =>
  typeof value === 'number'
    ? String(value)
    : `'${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`;
