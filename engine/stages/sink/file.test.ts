import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTemplate } from '../../io/file/path-template.ts';
import type { Finding } from '../../spec/diagnostic.ts';
import { fileSink } from './file.ts';

function check(
  path: string,
  rotate: { sizeBytes: number; everyMs: null } | null = null,
): Finding[] {
  const findings: Finding[] = [];
  const input = { columns: [], broken: new Set<string>(), window: false, keys: [] };
  fileSink.plan({ path, rotate }, input, {
    report: (finding) => findings.push(finding),
    path: ['sinks', 'out', 'file'],
    pipeline: 'p',
    timezone: 'UTC',
    parameters: new Map(),
    connection: () => null,
  });
  return findings;
}

describe('the path of a file sink', () => {
  test('may have the time, partition and part of rows', () => {
    expect(check('data/{event_time:yyyy-MM-dd}/{event_time:HH}/{partition}-{part}.ndjson')).toEqual(
      [],
    );
    expect(check('plain.ndjson')).toEqual([]);
  });

  test.each([
    ['a/{city}.ndjson', '{city}'],
    ['a/{part.ndjson', '{part.ndjson'],
    ['a/part}.ndjson', '}'],
    ['{partition}/{event_time}', '{event_time}'],
  ])('has no other placeholders: %s', (path, wrong) => {
    const [finding] = check(path);
    expect(finding?.code).toBe('path-placeholder');
    const { from, to } = finding?.range ?? { from: 0, to: 0 };
    expect(path.slice(from, to)).toBe(wrong);
  });

  test('has placeholders wherever the sink finds some', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '{part}',
      '{partition}',
      '{event_time:dd}',
      'a',
      '/',
      '{x}',
    );
    const path = fc
      .array(piece, { minLength: 1, maxLength: 8 })
      .map((pieces) => `d/${pieces.join('')}`);
    fc.assert(
      fc.property(path, (text) => {
        const refused = check(text).some(({ code }) => code === 'path-placeholder');
        let refusedBySink = false;
        try {
          parseTemplate(text, 'UTC');
        } catch {
          refusedBySink = true;
        }
        expect(refused).toBe(refusedBySink);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['{event_time:YYYY-MM}', 'YYYY'],
    ['{event_time:yyyy-M}', 'M'],
    ['{event_time:yyyyMMddTHH}', 'T'],
    ['x/{event_time:dd}/{event_time:HH:mmss.SSS}', 'SSS'],
  ])('has the parts of a time that it can have: not %s', (path, wrong) => {
    const [finding] = check(path);
    expect(finding?.code).toBe('date-pattern');
    const { from, to } = finding?.range ?? { from: 0, to: 0 };
    expect(path.slice(from, to)).toBe(wrong);
  });

  test('has a part when it is to rotate', () => {
    const rotate = { sizeBytes: 1, everyMs: null };
    expect(check('a.ndjson', rotate)).toMatchObject([
      { code: 'stray-option', path: ['sinks', 'out', 'file', 'rotate'], atKey: true },
    ]);
    expect(check('a-{part}.ndjson', rotate)).toEqual([]);
  });
});
