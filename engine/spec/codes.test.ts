import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildPlan } from '../plan/build.ts';
import { registry, vocabulary } from '../stages/registry.ts';
import { codes } from './codes.ts';
import type { Diagnostic } from './diagnostic.ts';
import { parseDefinition } from './parse.ts';

/**
 * A case says in its leading comments what is to be found, and what it is read with:
 *
 *     # expect: 12:7 unknown-key        (any number of them, exactly these)
 *     # bounded                         (as with --bounded)
 *     # pad: 1048576                    (so many more bytes of comment)
 */
interface Case {
  readonly text: string;
  readonly expected: readonly string[];
  readonly bounded: boolean;
}

const directory = new URL('../../pipelines/invalid/', import.meta.url);
const files = readdirSync(directory).filter((name) => name.endsWith('.yaml'));

function readCase(file: string): Case {
  const text = readFileSync(new URL(file, directory), 'utf8');
  const expected = [...text.matchAll(/^# expect: (\d+:\d+ [a-z-]+)$/gm)].map(
    ([, each]) => each ?? '',
  );
  const padding = Number(/^# pad: (\d+)$/m.exec(text)?.[1] ?? 0);
  const pad = padding === 0 ? '' : `#${'.'.repeat(padding)}\n`;
  return { text: text + pad, expected, bounded: /^# bounded$/m.test(text) };
}

function diagnose(file: string, { text, bounded }: Case): readonly Diagnostic[] {
  const none: ReadonlyMap<string, string> = new Map();
  const environment = { set: none, env: none, dotenv: none, topics: () => false, bounded };
  const { spec, diagnostics } = parseDefinition({ text, file, environment, vocabulary });
  return spec === null ? diagnostics : [...diagnostics, ...buildPlan(spec, registry).diagnostics];
}

describe('pipelines/invalid', () => {
  test.each(files)('%s is found wrong at exactly its place', (file) => {
    const example = readCase(file);
    const found = diagnose(file, example).map(
      ({ span, code }) => `${span.line}:${span.column} ${code}`,
    );
    expect(found).toEqual(example.expected);
    expect(example.expected.some((each) => each.endsWith(` ${file.replace('.yaml', '')}`))).toBe(
      true,
    );
  });

  test('there is a case for every code, and a code for every case', () => {
    expect(files.map((file) => file.replace('.yaml', '')).toSorted()).toEqual(
      [...codes.keys()].toSorted(),
    );
  });

  test('no message or hint is a validator’s or a parser’s own', () => {
    const foreign =
      /Invalid input|Unrecognized key|Too small|flow-map|block-seq|Nested mappings|zod|undefined|\[object/;
    for (const file of files) {
      for (const { message, hint } of diagnose(file, readCase(file))) {
        expect(`${message} ${hint ?? ''}`).not.toMatch(foreign);
        expect(message).toMatch(/\S/);
      }
    }
  });
});

test('every code that is reported is in the list', () => {
  const sources = readdirSync(new URL('.', import.meta.url)).filter(
    (name) => name.endsWith('.ts') && !name.includes('.test.'),
  );
  const reported = sources.flatMap((name) => {
    const text = readFileSync(new URL(name, import.meta.url), 'utf8');
    return [...text.matchAll(/\bcode: '([a-z-]+)'/g)].map(([, code]) => code ?? '');
  });
  const unlisted = reported.filter((code) => code !== 'custom' && !codes.has(code));
  expect(new Set(unlisted)).toEqual(new Set());
});
