/** A TCP proxy in front of a real server that fails in every way a network can; the server is left alone. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a proxy did, to show that its faults hit. */
export interface ProxyCounts {
  /** Connections accepted. */
  connections: number;
  /** Bytes that arrived later than they could have. */
  delayedBytes: number;
  /** Bytes that went nowhere. */
  swallowedBytes: number;
  /** Connections ended by RST. */
  resets: number;
}

/** A running proxy. */
export interface FaultyProxy {
  readonly address: string;
  readonly port: number;
  readonly counts: ProxyCounts;
  /** Nothing passes until `thaw`, as when the server's process is stopped; connections stay. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** From now on everything takes so many milliseconds each way; 0 ends it. */
  readonly delay: (ms: number) => void;
  /** Ends all connections by RST; new ones are taken. */
  readonly reset: () => void;
  /** A black hole: connections are taken and stay, and what is sent is gone, until `spit`. */
  readonly swallow: () => void;
  readonly spit: () => void;
  /** Breaks all connections and refuses new ones until `mend`. */
  readonly cut: () => Promise<void>;
  readonly mend: () => Promise<void>;
  readonly close: () => Promise<void>;
}

interface Weather {
  frozen: boolean;
  delayMs: number;
  swallows: boolean;
}

/** Starts a proxy for `target` (`host:port`) on a free port. */
export async function startProxy(target: string): Promise<FaultyProxy> {
  const [host = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  const weather: Weather = { frozen: false, delayMs: 0, swallows: false };
  const counts: ProxyCounts = { connections: 0, delayedBytes: 0, swallowedBytes: 0, resets: 0 };
  let server: Server;
  const accept = (inner: Socket): void => {
    counts.connections++;
    const outer = connect(Number(port), host);
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      pass(from, to, { weather, counts });
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      if (weather.frozen) from.pause();
    }
  };
  const listen = (at: number): Promise<number> =>
    new Promise((resolve, reject) => {
      server = createServer(accept);
      server.on('error', reject);
      server.listen(at, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
  const shut = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  const own = await listen(0);
  return {
    address: `127.0.0.1:${own}`,
    port: own,
    counts,
    freeze: () => {
      weather.frozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw: () => {
      weather.frozen = false;
      for (const socket of sockets) socket.resume();
    },
    delay: (ms) => (weather.delayMs = ms),
    reset: () => {
      counts.resets += sockets.size;
      for (const socket of sockets) socket.resetAndDestroy();
    },
    swallow: () => (weather.swallows = true),
    spit: () => (weather.swallows = false),
    cut: shut,
    mend: async () => {
      await listen(own);
    },
    close: shut,
  };
}

/** Hands on what comes, in order, as the weather is when it comes. */
function pass(
  from: Socket,
  to: Socket,
  { weather, counts }: { readonly weather: Weather; readonly counts: ProxyCounts },
): void {
  let line = Promise.resolve();
  let waiting = 0;
  from.on('data', (data) => {
    if (weather.swallows) {
      counts.swallowedBytes += data.length;
      return;
    }
    if (weather.delayMs === 0 && waiting === 0) {
      to.write(data);
      return;
    }
    counts.delayedBytes += data.length;
    waiting++;
    const due = performance.now() + weather.delayMs;
    line = line.then(async () => {
      await sleep(Math.max(0, due - performance.now()));
      to.write(data);
      waiting--;
    });
  });
  from.on('error', () => to.destroy());
}
