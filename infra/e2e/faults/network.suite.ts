/** A network between the engine and its servers that delays, resets, swallows and cuts. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  type FaultyProxy,
  type ProxyCounts,
  startProxy,
} from '../../../engine/io/faulty-proxy.fixture.ts';
import { serverVariables } from '../project.fixture.ts';
import { FaultStream } from './stream.fixture.ts';

/** How long things last, ms; `holeMs` longer than any request may take shows that nobody waits for ever. */
export interface NetworkFaults {
  readonly delayMs: number;
  readonly holeMs: number;
  readonly cutMs: number;
}

const EVENTS = 12_000;
const MORE = 3_000;

/** One test a server. */
export function describeNetwork({ delayMs, holeMs, cutMs }: NetworkFaults): void {
  describe.each(['KAFKA_BROKERS', 'CASSANDRA_CONTACT_POINTS'] as const)(
    'a bad network on the way to %s',
    (which) => {
      it('loses nothing, counts nothing twice', async () => {
        const target = serverVariables()[which];
        const proxy = await startProxy(target);
        const stream = new FaultStream('network');
        try {
          await stream.create();
          await stream.append(EVENTS);
          const redirect = `redirect=${target.split(':')[1] ?? ''}:${proxy.port}`;
          const run = stream.start(redirect);
          await run.until('rows', () => (run.latest?.rows ?? 0) > 1_000);
          const more = (): Promise<void> => stream.append(MORE);
          for (const fault of faultsOf(proxy, more, { delayMs, holeMs, cutMs })) await fault();
          await stream.append(MORE);
          await stream.expectWhole(run);
        } finally {
          await stream.remove();
          await proxy.close();
        }
      });
    },
  );
}

/** Each resolves when it has met traffic and the network is as it should be again. */
function faultsOf(
  proxy: FaultyProxy,
  more: () => Promise<void>,
  { delayMs, holeMs, cutMs }: NetworkFaults,
): (() => Promise<void>)[] {
  /** Until a count of the proxy has risen. */
  const met = async (what: keyof ProxyCounts, since: number): Promise<void> => {
    const limit = { timeout: 60_000, message: what };
    await expect.poll(() => proxy.counts[what], limit).toBeGreaterThan(since);
  };
  return [
    async () => {
      proxy.delay(delayMs);
      await more();
      await met('delayedBytes', 0);
      await pause(2_000);
      proxy.delay(0);
    },
    async () => {
      for (let i = 0; i < 3; i++) {
        const { connections } = proxy.counts;
        proxy.reset();
        await more();
        await met('connections', connections);
      }
      await met('resets', 2);
    },
    async () => {
      proxy.swallow();
      await more();
      await met('swallowedBytes', 0);
      await pause(holeMs);
      proxy.spit();
      // What was swallowed is missing in the middle of the streams: they cannot go on.
      proxy.reset();
    },
    async () => {
      const { connections } = proxy.counts;
      await proxy.cut();
      await more();
      await pause(cutMs);
      await proxy.mend();
      await met('connections', connections);
    },
  ];
}
