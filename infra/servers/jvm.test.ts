import { expect, test } from 'vitest';
import { serverHome } from './layout.ts';
import { jvmOptions } from './jvm.ts';

test('only a server that soon ends is compiled in haste', () => {
  const home = serverHome('/state', 'kafka');
  const ports = { client: 9092, inner: 21_001 };
  const launch = { home, ports, jars: '/jars', java: 'java', heapMb: 300, durable: false };
  const usual = jvmOptions({ ...launch, shortLived: false });
  expect(usual).toContain('-Xmx300m');
  expect(jvmOptions({ ...launch, shortLived: true })).toEqual([
    ...usual,
    '-XX:TieredStopAtLevel=1',
  ]);
});
