import { describe, expect, it } from 'vitest';
import { buildPlan } from '../../plan/build.ts';
import { parseDefinition } from '../../spec/parse.ts';
import { registry, vocabulary } from '../registry.ts';

const KEY = 'sesame-sesame-0123456789';

interface Given {
  readonly env?: Record<string, string>;
  readonly simulate?: boolean;
  readonly bounded?: boolean;
}

function planOf(text: string, { env = {}, simulate = false, bounded = false }: Given = {}) {
  const none: ReadonlyMap<string, string> = new Map();
  const given = { set: none, env: new Map(Object.entries(env)), dotenv: none };
  const environment = { ...given, topics: () => false, bounded, simulate };
  const { spec, diagnostics } = parseDefinition({ text, file: 'test.yaml', environment, vocabulary }); // prettier-ignore
  const planned = spec === null ? null : buildPlan(spec, registry);
  const found = [...diagnostics, ...(planned?.diagnostics ?? [])];
  return { spec, plan: planned?.plan ?? null, found: found.map(({ code, hint }) => [code, hint]) };
}

const definition = (change: { poll?: string; more?: string; rest?: string } = {}): string => `
name: test
sources:
  readings:
    http_poll:
      url: "https://api.example.org/weather?lat={lat}&appid={API_KEY}"
      for_each: { file: cities.csv }
      ${change.poll ?? ''}
    ${change.more ?? ''}
    schema: { city: string!, t: double }
${change.rest ?? 'sinks: { out: { from: readings, file: { path: "out/{part}.ndjson" } } }'}
`;

describe('http_poll', () => {
  it('is planned with what it has by default', () => {
    const { plan, found } = planOf(definition(), { env: { API_KEY: KEY } });
    expect(found).toEqual([]);
    expect(plan?.sources[0]).toMatchObject({
      framing: 'lines',
      bounded: false,
      replayable: false,
      connector: {
        kind: 'http_poll',
        config: {
          forEach: 'cities.csv',
          unit: 'metric',
          pauseMs: 2000,
          rate: { count: 60, perMs: 60_000 },
          timeoutMs: 10_000,
          retry: { firstMs: 2000, longestMs: 300_000 },
          select: null,
          oncePer: null,
        },
      },
    });
  });

  it('knows the value of a variable as a secret, and goes without one until it is run', () => {
    const set = planOf(definition(), { env: { API_KEY: KEY } });
    expect(set.plan?.sources[0]?.connector.config).toMatchObject({ variables: { API_KEY: KEY } });
    expect(set.spec?.secrets).toContain(KEY);
    const unset = planOf(definition());
    expect(unset.found).toEqual([]);
    expect(unset.plan?.sources[0]?.connector.config).toMatchObject({
      variables: { API_KEY: null },
    });
  });

  it('is simulated with --simulate, key or not, and the notice says so', () => {
    const more = 'instead: { simulated: { simulate: weather, span: 1h } }';
    const { plan, spec } = planOf(definition({ more }), { simulate: true, env: { API_KEY: KEY } });
    expect(plan?.sources[0]?.connector.kind).toBe('simulate');
    expect(JSON.stringify(plan)).not.toContain(KEY);
    expect(spec?.notices).toEqual([
      '--simulate: readings are simulated weather, 1 h of readings, nothing is asked of the API',
    ]);
  });

  it('says what is missing for --simulate and for --bounded', () => {
    expect(planOf(definition(), { simulate: true }).found).toEqual([
      ['no-stand-in', 'add `instead: { simulated: { simulate: weather } }`'],
    ]);
    expect(planOf(definition(), { bounded: true }).found).toEqual([
      ['not-bounded', 'add `instead: { bounded: { file: … } }`'],
    ]);
  });

  it.each([
    ['url without for_each', 'http_poll: { url: "https://h/{lat}" }'],
    ['a word that is none', 'http_poll: { url: "https://h/{x-y}", for_each: { file: a.csv } }'],
    ['in select', 'http_poll: { url: "https://h/", select: { city: "{city}" } }'],
  ])('placeholders that nothing fills in are found: %s', (_, poll) => {
    const text = definition().replace(/http_poll:[^]*?\n {4}\n/, `${poll}\n`);
    expect(planOf(text).found.map(([code]) => code)).toEqual(['path-placeholder']);
  });

  it.each(['ftp://h/x', 'https://{HOST}/x', 'https://me:pass@h/x', 'weather'])(
    '%s is no address',
    (url) => {
      const text = definition().replace(/url: "[^"]*"/, `url: "${url}"`);
      expect(planOf(text).found.map(([code]) => code)).toEqual(['invalid-value']);
    },
  );

  it('once_per names a field of the event', () => {
    const poll = 'once_per: dt';
    expect(planOf(definition({ poll })).found.map(([code]) => code)).toEqual(['unknown-column']);
  });

  it('R9: row-wise stages may read it, into a topic or a file', () => {
    const rest = `
stages:
  warm: { from: readings, where: t > 20 }
sinks:
  topic: { from: warm, kafka: { topic: warm } }
  lines: { from: readings, file: { path: "out/{part}.ndjson" } }
connections:
  kafka: { brokers: "localhost:9092" }`;
    expect(planOf(definition({ rest })).found).toEqual([]);
  });
});
