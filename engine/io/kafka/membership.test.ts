import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { clientIdOf, ghostsOf } from './membership.ts';

const member = (clientId: string) => ({ clientId, memberId: `${clientId}-m`, clientHost: '/h' });

describe('ghostsOf', () => {
  const own = `engine-weather-${hostname()}-50`;
  const ghost = (pid: string | number): string => `engine-weather-${hostname()}-${pid}`;
  const alive = new Set([50, 60]);
  const found = (...ids: string[]): string[] =>
    ghostsOf(ids.map(member), own, (pid) => alive.has(pid)).map(({ clientId }) => clientId);

  it('names readers of the same pipeline on this host whose process is gone', () => {
    expect(found(own, ghost(60), ghost(70))).toEqual([ghost(70)]);
  });

  it('leaves other hosts, other pipelines and other programs alone', () => {
    expect(
      found('engine-weather-elsewhere-70', `engine-other-${hostname()}-70`, 'kafkajs', ghost('7a')),
    ).toEqual([]);
  });

  it('is how this process calls itself', () => {
    expect(clientIdOf('weather')).toBe(ghost(process.pid));
  });
});
