import { describe, expect, test } from 'vitest';
import { findings, hintOf, parse, small, withStage } from './definition.fixture.ts';

const codesOf = (text: string): string[] => parse(text).diagnostics.map(({ code }) => code);

describe('traps of YAML', () => {
  test.each([
    ['set: { b: round(t, 2) }', 'quote it: b: "round(t, 2)"'],
    ['set: { b: round(t, 2), c: t }', 'quote it: b: "round(t, 2)"'],
    ["set: { b: coalesce(city, 'x'), c: t }", 'quote it: b: "coalesce(city, \'x\')"'],
    ['set: { b: least(t, abs(t), 3) }', 'quote it: b: "least(t, abs(t), 3)"'],
    ['set: { b: concat(city, "x") }', 'quote it: b: \'concat(city, "x")\''],
  ])('a comma in %s', (line, hint) => {
    expect(findings(withStage(line))).toEqual(['13:15 comma-in-flow']);
    expect(hintOf(withStage(line), 'comma-in-flow')).toBe(hint);
  });

  test('commas that are meant are left alone', () => {
    expect(findings(withStage('set: { b: "round(t, 2)", c: abs(t), d: (t + 1) }'))).toEqual([]);
    expect(findings(withStage('set:', '  b: round(t, 2)'))).toEqual([]);
  });

  test.each([
    ['connections: { kafka: { brokers: ${B} } }', '${B}'],
    ['connections: { kafka: { brokers: ${B:-a:1,b:2} } }', '${B:-a:1,b:2}'],
    ['connections: { kafka: { brokers: [${B}] } }', '${B}'],
  ])('an unquoted variable in %s', (line, variable) => {
    const text = small(`${line}\n`);
    expect(parse(text).diagnostics.map(({ code }) => code)).toEqual(['unquoted-variable']);
    expect(hintOf(text, 'unquoted-variable')).toBe(`quote it: "${variable}"`);
  });

  test('an unquoted variable outside of brackets is fine', () => {
    const { spec } = parse(small('description: ${D:-x: y, z}\n'.replace(': y', '')));
    expect(spec?.description).toBe('x, z');
  });

  test.each([
    ['where: %x > 1', '"%x > 1"'],
    ['where: *x + 1', '"*x + 1"'],
    ['where: !active and x', '"!active and x"'],
    ["where: 'a' = city", '"\'a\' = city"'],
    ['where: "a" = city', '\'"a" = city\''],
    ['where: > 5', '"> 5"'],
    ['where: `t` > 1', '"`t` > 1"'],
    ["set: { a: 'x' = city, b: 1 }", '"\'x\' = city"'],
  ])('%s is told to be quoted', (line, quoted) => {
    const text = withStage(line);
    expect(parse(text).diagnostics.map(({ code }) => code)).toEqual(['unquoted-start']);
    expect(hintOf(text, 'unquoted-start')).toBe(`quote it: ${quoted}`);
  });

  test('a ! before a type moves behind it, in block and flow style', () => {
    expect(hintOf(small().replace('string!', '!string'), 'bang-before-type')).toBe(
      'write `string!`',
    );
    const block = small().replace(
      '{ city: string!, t: double, at: timestamp! }',
      '\n      city: !string\n      at: timestamp!',
    );
    expect(findings(block)).toEqual(['6:13 bang-before-type']);
    expect(findings(small().replace('string!', '"!string"'))).toEqual(['5:21 bang-before-type']);
  });
});

describe('strictness', () => {
  test('a second key is found where it stands, in any style', () => {
    expect(findings(small('name: x\n'))).toEqual(['10:1 duplicate-key']);
    expect(findings(small().replace('t: double', 'city: int'))).toEqual(['5:30 duplicate-key']);
  });

  test('keys are words', () => {
    for (const key of ['1', 'true', 'null', '[a]', '? {a: b}\n']) {
      expect(codesOf(`${key}: x\n`)).toContain('non-string-key');
    }
    expect(codesOf('__proto__: { name: x }\n')).toContain('non-string-key');
  });

  test('aliases are followed, their findings stand where they are used or written', () => {
    const text = small('checkpoint: &c { every: 10 }\nlimits: { memory: 1GiB }\n');
    expect(findings(text)).toEqual(['10:25 bad-quantity']);
    const shared = `${small()}errors: { stop_when: &s { share: 5%, of_last: 10 } }\n`;
    expect(findings(shared)).toEqual([]);
  });

  test('an alias to itself, and a bomb of aliases, end in a finding', () => {
    expect(findings('name: &a [*a]\n')).toEqual(['1:11 alias-limit']);
    const bomb = Array.from(
      { length: 12 },
      (_, i) => `k${i + 1}: &k${i + 1} [${`*k${i}, `.repeat(9)}]`,
    );
    const { spec, diagnostics } = parse(`k0: &k0 x\n${bomb.join('\n')}\n`);
    expect(spec).toBeNull();
    expect(diagnostics.map(({ code }) => code)).toEqual(['alias-limit']);
  });

  test('what never closes is pointed to where it opens', () => {
    expect(findings('a: [\nb: 1\n')).toEqual(['1:4 yaml-syntax']);
    expect(findings('a: { b: 1\n')).toEqual(['1:4 yaml-syntax']);
    expect(findings('name: "x\nb: 1\n')).toEqual(['1:7 yaml-syntax']);
  });

  test('deep nesting, control characters and too much text are refused', () => {
    expect(findings('['.repeat(100_000))).toEqual(['1:201 yaml-syntax']);
    expect(codesOf('- '.repeat(20_000))).toEqual(['yaml-syntax']);
    expect(findings(`tests: [${'1,'.repeat(50_001)}]`)).toEqual(['1:100005 definition-too-large']);
    expect(findings('name: a\u0007b\n')).toEqual(['1:8 yaml-syntax']);
    expect(findings(`#${'é'.repeat(600_000)}`)).toEqual(['1:1 definition-too-large']);
  });

  test('a byte order mark and Windows lines change nothing', () => {
    expect(findings(`\uFEFF${small('oops: 1\n')}`.replaceAll('\n', '\r\n'))).toEqual([
      '10:1 unknown-key',
    ]);
  });
});

describe('places inside scalars', () => {
  const place = (text: string, path: readonly string[], part: string): string => {
    const { spec } = parse(text);
    const [stage] = spec?.stages ?? [];
    const written = stage?.kind === 'record' ? (stage.operations[0]?.args as string) : '';
    const from = written.indexOf(part);
    const span = spec?.locator.within(path, from, from + part.length);
    if (span === undefined || span.line !== span.endLine) return '';
    return text.split('\n')[span.line - 1]?.slice(span.column - 1, span.endColumn - 1) ?? '';
  };

  test.each([
    ['plain', ['where: city = 1 and temp < 2']],
    ['double-quoted', ['where: "city = \\"\\u00e9\\" and\\n temp < 2"']],
    ['single-quoted', ["where: 'city = ''a'' and temp < 2'"]],
    ['plain over lines', ['where: city = 1', '  and   temp < 2']],
    ['literal', ['where: |', '  city = 1', '    and temp < 2']],
    ['folded', ['where: >-', '  city = 1', '', '  and temp', '  < 2']],
    ['indented by number', ['where: |2', '   city = 1 and temp < 2']],
  ])('a caret finds its word in a %s scalar', (_style, lines) => {
    expect(place(withStage(...lines), ['stages', 'kept', 'where'], 'temp')).toBe('temp');
  });
});
