/**
 * Checks of the tracked files that no linter has: names, paths of a machine, registry hosts, and
 * words that must stay private (one regular expression a line in `.git/info/private-words`, which
 * is itself never tracked).
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** One thing wrong with a tracked file; `line` counts from 1, 0 stands for the name. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly problem: string;
}

interface Check {
  readonly problem: string;
  readonly pattern: RegExp;
  /** Only files whose path fits. */
  readonly only?: RegExp;
}

// Examples may say /home/me and /Users/me.
const someone = '(?!me\\b)[a-z]';
const roots = ['work', 'root', 'farm', `home/${someone}`, `Users/${someone}`, 'tmp/[a-z]'].join(
  '|',
);
const checks: readonly Check[] = [
  { problem: 'a path of a machine', pattern: new RegExp(`(^|[^\\w.$/}])/(${roots})[\\w-]*/`) },
  { problem: 'a registry host', pattern: /"resolved":\s*"https?:/, only: /package-lock\.json$/ },
  { problem: 'a conflict marker', pattern: /^(<<<<<<<|>>>>>>>) / },
  { problem: 'a focused or skipped test', pattern: /\b(it|test|describe)\.(only|skip|todo)\(/ },
];

const vagueNames = /^(utils?|helpers?|manager|common|base|misc)([.-]|$)/;

/** What is wrong with one file. `privateWords` are looked for in its text, whatever their case. */
export function findingsOf(file: string, text: string, privateWords: readonly RegExp[]): Finding[] {
  const findings: Finding[] = [];
  const name = basename(file);
  if (/\.(ts|js)$/.test(name)) {
    if (/[A-Z_]/.test(name)) findings.push({ file, line: 0, problem: 'a name not in kebab-case' });
    if (vagueNames.test(name))
      findings.push({ file, line: 0, problem: 'a name that says nothing' });
  }
  const active = checks.filter(({ only }) => only?.test(file) ?? true);
  for (const [index, content] of text.split('\n').entries()) {
    const line = index + 1;
    for (const { problem, pattern } of active) {
      if (pattern.test(content)) findings.push({ file, line, problem });
    }
    for (const word of privateWords) {
      if (word.test(content)) findings.push({ file, line, problem: 'a private word' });
    }
  }
  return findings;
}

const git = (...args: string[]): string =>
  execFileSync('git', args, { encoding: 'utf8', maxBuffer: 1 << 28 });

function readPrivateWords(): RegExp[] {
  const path = git('rev-parse', '--git-path', 'info/private-words').trim();
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => new RegExp(line, 'i'));
}

function main(): void {
  const words = readPrivateWords();
  const files = git('ls-files', '-z')
    .split('\0')
    .filter((file) => file !== '' && existsSync(file));
  const findings = files.flatMap((file) => {
    const bytes = readFileSync(file);
    return bytes.includes(0) ? [] : findingsOf(file, bytes.toString('utf8'), words);
  });
  if (words.length > 0)
    findings.push(...findingsOf('commit messages', git('log', '--format=%B'), words));
  for (const { file, line, problem } of findings)
    process.stdout.write(`${file}:${line}: ${problem}\n`);
  process.stdout.write(`${files.length} tracked files, ${findings.length} findings\n`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}

if (import.meta.main) main();
