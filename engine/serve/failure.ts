/** Errors → status codes and JSON. */
import { EngineError, type ErrorCode } from '../errors.ts';

/** A reply that says what is wrong. */
export interface Failure {
  readonly status: number;
  readonly body: { readonly error: { readonly code: string; readonly message: string } };
}

/** A reply with a code of HTTP's own. */
export const failure = (status: number, code: string, message: string): Failure => ({
  status,
  body: { error: { code, message } },
});

const STATUS = new Map<ErrorCode, number>([
  ['ENG_CLI_USAGE', 400],
  // Nothing has run yet.
  ['ENG_FILE_READ', 503],
  ['ENG_CASSANDRA_CONNECT', 503],
  ['ENG_CASSANDRA_FAILED', 503],
]);

/** What is said of an error; of bugs only that there is one. */
export function failureOf(error: unknown): Failure {
  if (error instanceof EngineError) {
    if (error.code === 'ENG_INVARIANT') return failure(500, error.code, 'a bug in the engine');
    const isMissing = error.context['missing'] === true;
    return failure(isMissing ? 404 : (STATUS.get(error.code) ?? 500), error.code, error.message);
  }
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode !== undefined && statusCode < 500) {
    return failure(statusCode, 'bad_request', message ?? 'this cannot be read');
  }
  return failure(500, 'internal', 'an error that was not expected; the server has written it down');
}
