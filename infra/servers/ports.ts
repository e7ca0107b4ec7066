import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from '../../engine/errors.ts';

/** The address everything here listens on: these servers have no passwords. */
export const host = '127.0.0.1';

/** True when nothing listens on this loopback port. */
export async function isFree(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const server = createServer();
    server.once('error', () => {
      settle(false);
    });
    server.listen({ port, host }, () => {
      server.close(() => {
        settle(true);
      });
    });
  });
}

/**
 * True as soon as nothing listens on this loopback port, false when something still does after
 * `graceMs`. A process that was killed is gone from the list of processes a moment before the
 * system closes its sockets: Linux frees its memory first, a server's gigabyte takes a while.
 */
export async function becomesFree(port: number, graceMs: number): Promise<boolean> {
  const end = Date.now() + graceMs;
  for (;;) {
    if (await isFree(port)) return true;
    if (Date.now() >= end) return false;
    await sleep(50);
  }
}

// Below the ephemeral ports of Linux (32768) and macOS (49152): no outgoing connection can sit on
// the port of a server that is down for the moment.
const lowest = 20_000;
const highest = 29_999;

/**
 * A free loopback port: `preferred` when that is free, else a random one of 20000–29999.
 * Random, so that two commands that look at the same time rarely find the same one.
 * @param taken ports not to give out although they are free
 */
export async function findPort(preferred: number, taken: readonly number[] = []): Promise<number> {
  for (let candidate = preferred, tries = 0; tries < 200; tries++) {
    if (candidate > 0 && !taken.includes(candidate) && (await isFree(candidate))) return candidate;
    candidate = lowest + Math.floor(Math.random() * (highest - lowest + 1));
  }
  throw new EngineError('ENG_INFRA_START', 'no free port found between 20000 and 29999');
}
