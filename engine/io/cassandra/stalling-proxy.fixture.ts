/** A TCP proxy in front of a real server that can freeze and cut, which leaves the server alone. */
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A running proxy. */
export interface StallingProxy {
  readonly address: string;
  /** Nothing passes until `thaw`, as when the server's process is stopped; connections stay. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Breaks all connections and refuses new ones until `mend`. */
  readonly cut: () => Promise<void>;
  readonly mend: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Starts a proxy for `target` (`host:port`) on a free port. */
export async function startProxy(target: string): Promise<StallingProxy> {
  const [host = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  let frozen = false;
  let server: Server;
  const accept = (inner: Socket): void => {
    const outer = connect(Number(port), host);
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      if (frozen) from.pause();
      from.on('data', (data) => to.write(data));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      if (frozen) from.pause();
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
    freeze: () => {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw: () => {
      frozen = false;
      for (const socket of sockets) socket.resume();
    },
    cut: shut,
    mend: async () => {
      await listen(own);
    },
    close: shut,
  };
}
