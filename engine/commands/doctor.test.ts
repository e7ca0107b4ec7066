import { describe, expect, test } from 'vitest';
import type { Status } from '../../infra/servers/status.ts';
import { checkDisk, checkJava, checkMaven, checkMemory, checkNode, checkServer } from './doctor.ts';

const gib = 2 ** 30;
const java = (major: number) => ({ path: 'java', major, home: `/j/${major}` });
const server = (condition: Status['condition'], address: string | null): Status => ({
  server: 'kafka',
  title: 'Kafka 3.9.1',
  condition,
  address,
  pid: null,
  residentMib: null,
  startedAt: null,
  log: '/log',
});

describe('engine doctor', () => {
  test.each([
    ['22.17.9', 'fail'],
    ['22.18.0', 'ok'],
    ['23.0.0', 'ok'],
    ['20.19.0', 'fail'],
  ])('Node %s: %s', (version, grade) => {
    expect(checkNode(version).grade).toBe(grade);
  });

  test('wants Java 17 or 11, and says what is there instead', () => {
    expect(checkJava([java(21), java(11)])).toMatchObject({ grade: 'ok', text: 'Java 11, /j/11' });
    expect(checkJava([java(21)])).toMatchObject({
      grade: 'warn',
      text: /Java 21.*no Java 17 or 11/,
    });
    expect(checkJava([])).toMatchObject({ grade: 'warn', text: 'no Java' });
  });

  test('wants Maven only while the jars are not fetched', () => {
    expect(checkMaven(undefined, true).grade).toBe('ok');
    expect(checkMaven(undefined, false).grade).toBe('warn');
    expect(checkMaven('Apache Maven 3.9.9', false).grade).toBe('ok');
  });

  test('is content with a server that is down, unless it died, hangs, or cannot come back', () => {
    const at = '127.0.0.1:9092';
    expect(checkServer(server('running', at), 9092, false).grade).toBe('ok');
    expect(checkServer(server('stopped', at), 9092, true).grade).toBe('ok');
    expect(checkServer(server('stopped', at), 9092, false).grade).toBe('warn');
    expect(checkServer(server('never started', null), 9092, false).grade).toBe('ok');
    expect(checkServer(server('died', at), 9092, true).grade).toBe('warn');
    expect(checkServer(server('starting', at), 9092, false).grade).toBe('warn');
  });

  test('grades disk and memory by what is left', () => {
    expect([3, 1, 0.1].map((free) => checkDisk(free * gib).grade)).toEqual(['ok', 'warn', 'fail']);
    expect([2, 1, 0.1].map((free) => checkMemory(free * gib, false).grade)).toEqual([
      'ok',
      'warn',
      'fail',
    ]);
    expect(checkMemory(gib, true).grade).toBe('ok');
  });

  test('tells what to do exactly where something is wrong', () => {
    const findings = [
      checkNode('20.0.0'),
      checkJava([]),
      checkMaven(undefined, false),
      checkDisk(0),
    ];
    for (const finding of findings) expect(finding.hint, finding.check).toBeTruthy();
    expect(checkNode('24.0.0').hint).toBeUndefined();
  });
});
