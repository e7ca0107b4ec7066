import pRetry from 'p-retry';
import { messageOf } from '../../errors.ts';
import { isFatal, kafkaError } from './client.ts';
import type { KafkaConnection } from './client.ts';

/** How to go on trying, and whom to tell. */
export interface Patience {
  readonly connection: KafkaConnection;
  /** What is being done, for people: `reading topic weather`. */
  readonly doing: string;
  readonly signal: AbortSignal;
  readonly onNotice: (text: string) => void;
  /** Gives up after this many milliseconds; for ever when absent. */
  readonly limitMs?: number;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 3_000;
const NOTICE_EVERY_MS = 30_000;

/**
 * Runs `work` again, with growing pauses, until it succeeds. Says so when it first fails, every 30 s,
 * and when it works again. Rejects with EngineError when trying again cannot help or the limit is
 * reached, with the abort reason when `signal` aborts.
 */
export async function patiently<T>(work: () => Promise<T>, patience: Patience): Promise<T> {
  const { connection, doing, signal, onNotice, limitMs } = patience;
  let noticedAt = -Infinity;
  const attempt = async (): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw kafkaError(error, doing, connection);
    }
  };
  const result = await pRetry(attempt, {
    retries: Infinity,
    minTimeout: FIRST_WAIT_MS,
    maxTimeout: LONGEST_WAIT_MS,
    ...(limitMs === undefined ? {} : { maxRetryTime: limitMs }),
    signal,
    shouldRetry: ({ error }) => !isFatal(error),
    onFailedAttempt: ({ error }) => {
      if (isFatal(error) || performance.now() - noticedAt < NOTICE_EVERY_MS) return;
      noticedAt = performance.now();
      onNotice(`${messageOf(error)}; trying again`);
    },
  });
  if (noticedAt > -Infinity) onNotice(`Kafka at ${connection.addresses.join(', ')} answers again`);
  return result;
}

/** Rejects with `message` when `work` takes longer; the work itself goes on. */
export async function within<T>(limitMs: number, message: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
