import { describe, expect, test } from 'vitest';
import type { Diagnostic } from './diagnostic.ts';
import { formatDiagnostics } from './format-diagnostics.ts';

const finding = (line: number, column: number, endColumn: number): Diagnostic => ({
  severity: 'error',
  code: 'unknown-key',
  message: 'there is no key `topics` in `kafka`',
  hint: 'write `topic`',
  span: { file: 'w.yaml', line, column, endLine: line, endColumn },
});

const locator = (...lines: string[]): { lineText: (line: number) => string } => ({
  lineText: (line) => lines[line - 1] ?? '',
});

describe('formatDiagnostics', () => {
  test('shows the place, the line, carets and the hint', () => {
    const text = formatDiagnostics([finding(1, 12, 18)], locator('  kafka: { topics: a }'), {
      color: false,
    });
    expect(text).toBe(
      [
        'w.yaml:1:12  unknown-key  there is no key `topics` in `kafka`',
        '  1 |   kafka: { topics: a }',
        '    |            ^^^^^^',
        '    = write `topic`',
        '',
        '1 error',
        '',
      ].join('\n'),
    );
  });

  test('sorts by place and counts errors and warnings', () => {
    const warning = { ...finding(1, 1, 2), severity: 'warning' as const, hint: null };
    const text = formatDiagnostics(
      [finding(2, 1, 2), finding(10, 1, 2), warning],
      locator('a', 'b'),
      { color: false },
    );
    expect([...text.matchAll(/w\.yaml:(\d+)/g)].map(([, line]) => line)).toEqual(['1', '2', '10']);
    expect(text).toContain('warning: there is');
    expect(text).toMatch(/2 errors, 1 warning\n$/);
  });

  test('nothing wrong, nothing said', () => {
    expect(formatDiagnostics([], locator(), { color: false })).toBe('');
  });

  test('colours only where they are wanted', () => {
    const text = formatDiagnostics([finding(1, 1, 2)], locator('a'), { color: true });
    expect(text).toContain('\u001b[31m');
    expect(formatDiagnostics([finding(1, 1, 2)], locator('a'), { color: false })).not.toContain(
      '\u001b',
    );
  });

  test('a long line is cut around the place, with the caret under it', () => {
    const line = `${'x'.repeat(500)}HERE${'y'.repeat(500)}`;
    const text = formatDiagnostics([finding(1, 501, 505)], locator(line), { color: false });
    const [, shown = '', carets = ''] = text.split('\n');
    expect(shown.length).toBeLessThan(140);
    expect(shown.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('HERE');
  });

  test('the caret stands under its character after tabs and astral characters', () => {
    const text = formatDiagnostics([finding(1, 6, 7)], locator('\t𝒳 aB'), { color: false });
    const [, shown = '', carets = ''] = text.split('\n');
    expect(Array.from(shown)[carets.indexOf('^')]).toBe('B');
  });

  test('secrets and control characters of the line are not printed', () => {
    const text = formatDiagnostics([finding(1, 1, 9)], locator('password: hunter2 \u001b[2J'), {
      color: false,
    });
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('\u001b');
  });
});
