import { describe, expect, test } from 'vitest';
import { findings, hintOf, parse, small, withStage } from './definition.fixture.ts';

const values = (entries: Record<string, string>): ReadonlyMap<string, string> =>
  new Map(Object.entries(entries));

const described = (text: string): string => small(`description: "${text}"\n`);

describe('variables', () => {
  test('are taken from --set, the environment, .env and defaults of params, in this order', () => {
    const text = `${described('${A} ${B} ${C} ${D}')}params: { D: { type: string, default: params } }\n`;
    const { spec } = parse(text, {
      set: values({ A: 'set' }),
      env: values({ A: 'env', B: 'env' }),
      dotenv: values({ A: 'dotenv', B: 'dotenv', C: 'dotenv' }),
    });
    expect(spec?.description).toBe('set env dotenv params');
  });

  test('a default stands in for what is unset or empty', () => {
    const read = (env: Record<string, string>): string | null | undefined =>
      parse(described('[${A:-x${B:-y}}]'), { env: values(env) }).spec?.description;
    expect(read({})).toBe('[xy]');
    expect(read({ A: '' })).toBe('[xy]');
    expect(read({ B: 'z' })).toBe('[xz]');
    expect(read({ A: 'a' })).toBe('[a]');
  });

  test('$${ is ${, and a $ alone is itself', () => {
    expect(parse(described('$${A} $5 $A')).spec?.description).toBe('${A} $5 $A');
  });

  test('all without a value are found, each at its place', () => {
    expect(findings(described('${A} ${B:?say it} ${'))).toEqual([
      '10:15 unset-variable',
      '10:20 unset-variable',
      '10:33 bad-variable',
    ]);
  });

  test('their values are held against the type of the field', () => {
    const text = small('limits: { keys: "${KEYS}", memory: "${MEMORY}" }\n');
    const good = parse(text, { env: values({ KEYS: '10', MEMORY: '1GiB' }) });
    expect(good.spec?.limits).toEqual({ keys: 10, memoryBytes: 1_073_741_824 });
    expect(findings(text, { env: values({ KEYS: 'ten', MEMORY: '1' }) })).toEqual([
      '10:17 wrong-type',
      '10:36 bad-quantity',
    ]);
  });

  test('an option handed through to a client is read as YAML would read it', () => {
    const text = small(
      'connections:\n  kafka: { brokers: b, client: { retries: "${N}", ssl: "${S}", id: "a${N}", q: "5" } }\n',
    );
    const { spec } = parse(text, { env: values({ N: '5', S: 'true' }) });
    expect(spec?.connections.get('kafka')?.options['client']).toEqual({
      retries: 5,
      ssl: true,
      id: 'a5',
      q: '5',
    });
  });

  test('are not expanded in expressions, tests and keys', () => {
    expect(findings(withStage('where: t > ${LIMIT}'))).toEqual(['13:16 variable-in-expression']);
    expect(hintOf(withStage('set: { a: "${X}" }'), 'variable-in-expression')).toContain('$NAME');
    const { spec } = parse(small('tests: [{ name: "${NOT_SET}", given: {}, expect: {} }]\n'));
    expect(spec?.tests).toMatchObject([{ name: '${NOT_SET}' }]);
  });

  test('an expression keeps the text it was written with', () => {
    const { spec } = parse(withStage('set: { a: 1.0, b: true, c: 1e3, d: "x" }'));
    const [stage] = spec?.stages ?? [];
    expect(stage?.kind === 'record' && stage.operations[0]?.args).toEqual(
      new Map([
        ['a', '1.0'],
        ['b', 'true'],
        ['c', '1e3'],
        ['d', 'x'],
      ]),
    );
  });

  test('the values of secret ones are not in messages, hints or lines', () => {
    const text = small('checkpoint: { every: "${API_KEY}" }\n');
    const { diagnostics, locator } = parse(text, { env: values({ API_KEY: 'hunter2' }) });
    expect(diagnostics).toHaveLength(1);
    expect(JSON.stringify(diagnostics)).not.toContain('hunter2');
    const literal =
      'connections:\n  kafka:\n    brokers: b\n    sasl:\n      mechanism: plain\n      username: u\n      password: |\n        hunter2\n';
    const block = parse(small(literal));
    const line =
      small(literal)
        .split('\n')
        .findIndex((each) => each.includes('hunter2')) + 1;
    expect(block.locator.lineText(line)).toBe('        *******');
    expect(locator.lineText(1)).toBe('name: small');
  });
});

describe('params', () => {
  const param = (declaration: string, set: Record<string, string> = {}): unknown => {
    const parsed = parse(small(`params: { P: ${declaration} }\n`), { set: values(set) });
    return parsed.spec?.parameters[0]?.value ?? parsed.diagnostics.map(({ code }) => code);
  };

  test('are read as their type', () => {
    expect(param('{ type: double, default: 40 }')).toBe(40);
    expect(param('{ type: bool, default: true }')).toBe(1);
    expect(param('{ type: float, default: 0.1 }')).toBe(Math.fround(0.1));
    expect(param('{ type: timestamp, default: "2024-03-28T00:00:00Z" }')).toBe(1_711_584_000_000);
    expect(param('{ type: string, default: x }')).toBe('x');
    expect(param('{ type: long, default: 1 }', { P: '9007199254740991' })).toBe(
      9_007_199_254_740_991,
    );
    expect(param('{ type: string, default: x }', { P: '12' })).toBe('12');
  });

  test('may say in their default what they are without a value, but not by themselves alone', () => {
    expect(param('{ type: int, default: "${P:-2}" }')).toBe(2);
    expect(param('{ type: int, default: "${P:-2}" }', { P: '3' })).toBe(3);
    expect(param('{ type: int, default: "${P}" }')).toContain('unset-variable');
  });

  test('T1: a timestamp without a zone is local; an age counts back from now', () => {
    const nowMs = Date.parse('2024-03-28T22:30:00Z');
    const time = (written: string): string | undefined => {
      const text = small(
        'timezone: Europe/Paris\nparams: { P: { type: timestamp, default: 5m } }\n',
      );
      const { spec } = parse(text, { set: values({ P: written }), nowMs });
      const value = spec?.parameters[0]?.value;
      return typeof value === 'number' ? new Date(value).toISOString() : undefined;
    };
    expect(time('2024-03-28 23:25:00')).toBe('2024-03-28T22:25:00.000Z');
    expect(time('2024-03-28T23:25:00')).toBe('2024-03-28T22:25:00.000Z');
    expect(time('2024-07-01')).toBe('2024-06-30T22:00:00.000Z');
    expect(time('2024-03-28T23:25:00+03:00')).toBe('2024-03-28T20:25:00.000Z');
    expect(time('5m')).toBe('2024-03-28T22:25:00.000Z');
    expect(time('1h30m')).toBe('2024-03-28T21:00:00.000Z');
    expect(time('now')).toBe('2024-03-28T22:30:00.000Z');
    expect(time('5 minutes ago')).toBeUndefined();
    expect(time('2024-03-28 25:00:00')).toBeUndefined();
  });

  test.each([
    ['{ type: int, default: 2147483648 }'],
    ['{ type: int, default: 1.5 }'],
    ['{ type: double, default: true }'],
    ['{ type: bool, default: yes }'],
    ['{ type: string, default: 1 }'],
    ['{ type: timestamp, default: yesterday }'],
  ])('%s is refused', (declaration) => {
    expect(param(declaration)).toEqual(['bad-parameter']);
  });

  test('null is a value, nothing is none', () => {
    const { spec } = parse(small('params: { P: { type: int, default: null } }\n'));
    expect(spec?.parameters).toEqual([{ name: 'P', type: 'int', value: null }]);
    expect(param('{ type: int }')).toEqual(['unset-parameter']);
  });
});

test('a path that leads out of the project is one for who runs the definition to set', () => {
  const text = small()
    .replace('data/*.ndjson', '${ARCHIVE}')
    .concat('params: { ARCHIVE: { type: string, default: ../elsewhere.ndjson } }\n');
  expect(findings(text)).toEqual(['4:11 path-outside']);
  const outside = new Map([['ARCHIVE', '/elsewhere/*.ndjson']]);
  expect(findings(text, { dotenv: outside })).toEqual(['4:11 path-outside']);
  for (const given of [{ set: outside }, { env: outside }]) {
    expect(parse(text, given).spec?.sources[0]?.connector.args).toEqual({
      path: '/elsewhere/*.ndjson',
    });
  }
  // Also in a stand-in that is not taken now.
  const standIn = small().replace(
    '    schema:',
    '    instead: { bounded: { file: ../x } }\n    schema:',
  );
  expect(findings(standIn)).toEqual(['5:33 path-outside']);
});
