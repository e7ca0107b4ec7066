import { describe, expect, it } from 'vitest';
import { findingsOf } from './tracked-files.ts';

const problems = (file: string, text: string, words: RegExp[] = []): string[] =>
  findingsOf(file, text, words).map(({ line, problem }) => `${line} ${problem}`);

const machine = (path: string): string => ['see ', path, 'notes.txt'].join('/');

describe('the checks of tracked files', () => {
  it('report a path of a machine with its line', () => {
    for (const path of ['work/main', 'root', 'home/anna', 'Users/anna', 'tmp/build']) {
      expect(problems('docs/a.md', `one\n${machine(path)}`)).toEqual(['2 a path of a machine']);
    }
  });

  it('leave relative paths and URLs alone', () => {
    for (const path of [
      './work/x',
      '/home/me/x',
      'https://example.org/root/x',
      ['${dir}', 'work', 'x'].join('/'),
      'a/tmp/b/c',
    ]) {
      expect(problems('docs/a.md', path)).toEqual([]);
    }
  });

  it('report a registry host in the lock file only', () => {
    const text = ['"resolved": "https', '://registry.example/x.tgz"'].join('');
    expect(problems('package-lock.json', text)).toEqual(['1 a registry host']);
    expect(problems('docs/a.md', text)).toEqual([]);
  });

  it('report conflict markers', () => {
    expect(problems('a.md', `${'<'.repeat(7)} HEAD`)).toEqual(['1 a conflict marker']);
  });

  it('report tests that are focused or skipped', () => {
    expect(problems('a.test.ts', ['it', "only('x', f)"].join('.'))).toEqual([
      '1 a focused or skipped test',
    ]);
  });

  it('report private words, whatever their case', () => {
    expect(problems('a.md', 'nothing\nSecret name', [/secret/i])).toEqual(['2 a private word']);
  });

  it('report names of files that are no names', () => {
    expect(problems('engine/utils.ts', '')).toEqual(['0 a name that says nothing']);
    expect(problems('engine/fooBar.ts', '')).toEqual(['0 a name not in kebab-case']);
    expect(problems('engine/base64.ts', '')).toEqual([]);
    expect(problems('README.md', '')).toEqual([]);
  });
});
