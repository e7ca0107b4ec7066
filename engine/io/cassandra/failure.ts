/** What a failed request means: try again, blame a row, or stop the run. */
import { errors, types } from 'cassandra-driver';
import { EngineError, messageOf, type ErrorCode } from '../../errors.ts';

/**
 * - `transient`: time-outs, lost connections, overload, too few replicas: the same request may succeed
 * - `unknown_statement`: the server no longer knows the statement: is the table still there?
 * - `new_statement`: it did not, and now does: is it still the same table?
 * - `content`: the server refuses what the request says
 * - `fatal`: no request can succeed until somebody changes something
 */
export type FailureKind = 'transient' | 'unknown_statement' | 'new_statement' | 'content' | 'fatal';

/**
 * Nothing was sent: the server had forgotten the statement and was told it anew, perhaps because its
 * table is another one now, of other types. Bytes of the old ones might be taken for values.
 */
export class NewStatement extends Error {
  constructor() {
    super('the server has prepared the statement anew');
  }
}

/** Codes of the protocol's ERROR message. */
const CODES: Readonly<Record<keyof typeof types.responseErrorCodes, number>> =
  types.responseErrorCodes;
const CONTENT = new Set<number>([CODES.invalid, CODES.syntaxError, CODES.functionFailure]);
const FATAL = new Set<number>([CODES.badCredentials, CODES.unauthorized, CODES.configError]);

function innerErrorsOf(thrown: unknown): unknown[] {
  if (!(thrown instanceof errors.NoHostAvailableError)) return [];
  return Object.values((thrown.innerErrors ?? {}) as Record<string, unknown>);
}

/** Classifies what a request of the driver was rejected with. */
export function failureKindOf(thrown: unknown): FailureKind {
  if (thrown instanceof NewStatement) return 'new_statement';
  if (thrown instanceof EngineError) return 'fatal';
  if (thrown instanceof errors.AuthenticationError || thrown instanceof errors.ArgumentError) {
    return 'fatal';
  }
  if (thrown instanceof errors.NoHostAvailableError) {
    const inner = innerErrorsOf(thrown).map(failureKindOf);
    if (inner.includes('fatal')) return 'fatal';
    return inner.includes('unknown_statement') ? 'unknown_statement' : 'transient';
  }
  if (thrown instanceof errors.ResponseError) {
    if (CONTENT.has(thrown.code)) return 'content';
    if (FATAL.has(thrown.code)) return 'fatal';
    return thrown.code === CODES.unprepared ? 'unknown_statement' : 'transient';
  }
  // Everything else the driver throws by name is about hosts and sockets. A plain Error inside
  // NoHostAvailable ("Connection closed") is too; a TypeError is a bug of ours.
  return thrown instanceof TypeError || thrown instanceof RangeError ? 'fatal' : 'transient';
}

/** The innermost reason in few words, without the driver's wrapping. */
export function reasonOf(thrown: unknown): string {
  const inner = innerErrorsOf(thrown).find((error) => error !== null && error !== undefined);
  if (inner !== undefined) return typeof inner === 'string' ? inner : reasonOf(inner);
  if (thrown instanceof errors.OperationTimedOutError) return 'no answer in time';
  return messageOf(thrown);
}

/** An EngineError for what stops a run. */
export function fatalError(thrown: unknown, doing: string): EngineError {
  if (thrown instanceof EngineError) return thrown;
  const code: ErrorCode = 'ENG_CASSANDRA_FAILED';
  return new EngineError(code, `${doing}: ${reasonOf(thrown)}`, { cause: thrown });
}
