import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { joinUsers } from './test-users.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'users-'));
  mkdirSync(join(directory, 'users'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Another run, by the process id it would have. */
const other = (pid: number, mode: 'keep' | 'stop'): void =>
  writeFileSync(join(directory, 'users', String(pid)), mode);
const left = (): string[] => readdirSync(join(directory, 'users'));

describe('runs that share the servers of the tests', () => {
  it('stop them when they are alone', () => {
    expect(joinUsers(directory, false)()).toBe(true);
    expect(left()).toEqual([]);
  });

  it('leave servers that ran before', () => {
    expect(joinUsers(directory, true)()).toBe(false);
  });

  it('leave them to another run that is not done', () => {
    other(process.ppid, 'stop');
    expect(joinUsers(directory, true)()).toBe(false);
  });

  it('stop them when the others have left', () => {
    other(process.ppid, 'stop');
    const leave = joinUsers(directory, true);
    rmSync(join(directory, 'users', String(process.ppid)));
    expect(leave()).toBe(true);
  });

  it('leave them when another run found them running', () => {
    other(process.ppid, 'keep');
    const leave = joinUsers(directory, false);
    rmSync(join(directory, 'users', String(process.ppid)));
    expect(leave()).toBe(false);
  });

  it('forget runs that died', () => {
    other(2 ** 22 + 1, 'keep');
    expect(joinUsers(directory, false)()).toBe(true);
    expect(left()).toEqual([]);
  });
});
