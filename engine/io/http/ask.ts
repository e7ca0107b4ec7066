/** One request and what came of it. Nothing that is returned holds the address: a key is in it. */
import fetch, { FetchError } from 'node-fetch';
import { messageOf } from '../../errors.ts';
import type { Clock } from './clock.ts';

/** Bytes of an answer at most. */
export const MAX_ANSWER_BYTES = 1024 * 1024;

/** What came of a request; `reason` is a few words for a person. */
export type Answer =
  | { readonly kind: 'body'; readonly body: unknown }
  /** 401, 403: the key is not accepted, or not yet. */
  | { readonly kind: 'key'; readonly reason: string }
  /** 429: too many requests. */
  | { readonly kind: 'busy'; readonly reason: string }
  /** 400, 404 and the like: the request is wrong and will stay so. */
  | { readonly kind: 'wrong'; readonly reason: string }
  /** Anything that may pass: a server's fault, no or half an answer, a page instead of data. */
  | { readonly kind: 'failed'; readonly reason: string };

/** What asking goes by. */
export interface Asking {
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Asks once. Never rejects. */
export async function ask(url: string, { timeoutMs, clock, signal }: Asking): Promise<Answer> {
  const timeout = new AbortController();
  const done = new AbortController();
  const either = AbortSignal.any([signal, timeout.signal]);
  const waiting = clock.wait(timeoutMs, AbortSignal.any([signal, done.signal])).then(() => {
    if (!done.signal.aborted) timeout.abort();
  });
  try {
    const response = await fetch(url, {
      signal: either,
      size: MAX_ANSWER_BYTES,
      // An address that was redirected would carry the key elsewhere.
      redirect: 'manual',
      headers: { accept: 'application/json', 'user-agent': 'engine' },
    });
    return answerOf(response.status, await response.text());
  } catch (error) {
    const late = timeout.signal.aborted;
    return { kind: 'failed', reason: late ? `no answer in ${timeoutMs} ms` : faultOf(error) };
  } finally {
    done.abort();
    await waiting;
  }
}

function answerOf(status: number, text: string): Answer {
  const body = readJson(text);
  const said = messageIn(body);
  const reason = `HTTP ${status}${said === '' ? '' : ` (${said})`}`;
  if (status === 401 || status === 403) return { kind: 'key', reason };
  if (status === 429) return { kind: 'busy', reason };
  if (status >= 400 && status < 500 && status !== 408) return { kind: 'wrong', reason };
  if (status !== 200) return { kind: 'failed', reason };
  if (typeof body === 'object' && body !== null) return { kind: 'body', body };
  const page = /^\s*</.test(text) ? 'a page of HTML' : 'something else';
  return { kind: 'failed', reason: `HTTP 200 with ${page} instead of JSON` };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What an API says of an error, in one short line. */
function messageIn(body: unknown): string {
  const message = (body as { readonly message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message.replaceAll(/\s+/g, ' ').slice(0, 160) : '';
}

/** The messages of HTTP clients carry the address: only codes are passed on. */
function faultOf(error: unknown): string {
  const { code, type } = error as { readonly code?: unknown; readonly type?: unknown };
  if (code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET') {
    return 'the connection was cut off';
  }
  if (type === 'max-size') return `an answer of more than ${MAX_ANSWER_BYTES} bytes`;
  if (typeof code === 'string') return code;
  return error instanceof FetchError ? error.type : (messageOf(error).split(/\s+/, 1)[0] ?? '');
}
