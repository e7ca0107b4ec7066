/**
 * Every failure the engine reports on purpose. A plain `Error` that reaches the top is a bug in the
 * engine and ends the run as such.
 */

/** The error codes, `ENG_AREA_WHAT`. Diagnostics of definitions have their own codes in spec/. */
export type ErrorCode =
  | 'ENG_CLI_USAGE'
  | 'ENG_FILE_READ'
  | 'ENG_DEFINITION_INVALID'
  | 'ENG_EXTENSION'
  | 'ENG_RUN_FAILED'
  | 'ENG_RUN_BUSY'
  | 'ENG_RUN_STOPPED'
  | 'ENG_TEST_FAILED'
  | 'ENG_STATE_CORRUPT'
  | 'ENG_STATE_MISMATCH'
  | 'ENG_STATE_WRITE'
  | 'ENG_SOURCE_GAP'
  | 'ENG_HTTP_FAILED'
  | 'ENG_HTTP_KEY'
  | 'ENG_KAFKA_CONNECT'
  | 'ENG_KAFKA_FAILED'
  | 'ENG_KAFKA_FORMAT'
  | 'ENG_CASSANDRA_CONNECT'
  | 'ENG_CASSANDRA_FAILED'
  | 'ENG_CASSANDRA_SCHEMA'
  | 'ENG_SINK_FAILED'
  | 'ENG_WORKER_FAILED'
  | 'ENG_LIMIT_KEYS'
  | 'ENG_LIMIT_MEMORY'
  | 'ENG_INFRA_PREREQUISITE'
  | 'ENG_INFRA_START'
  | 'ENG_INVARIANT';

/** An error with a code a person can look up and a program can act on. */
export class EngineError extends Error {
  readonly code: ErrorCode;
  /** True when trying the same thing again may succeed. */
  readonly retryable: boolean;
  /** What was being done: names, offsets, paths. Never secrets. */
  readonly context: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { retryable?: boolean; context?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EngineError';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.context = options.context ?? {};
  }
}

/** Throws when `condition` is false: a state the engine's own logic rules out. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (condition === false || condition === undefined || condition === null || condition === 0) {
    throw new EngineError('ENG_INVARIANT', `engine bug: ${message}`);
  }
}

/** The text of anything thrown. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);
