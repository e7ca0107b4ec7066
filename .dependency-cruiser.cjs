// Who may import whom: default deny, one rule per row of the layer table. What a row does not allow
// is a violation, packages and node: modules included; imports of types count as imports, except
// where a row says "types". infra/lint/layer-rules.test.ts sees every rule fail once.

const TEST = '[.](test|suite|fixture)[.]ts$';

/** Patterns of packages as they resolve, installed or not. */
const packages = (...names) => names.map((name) => `(^|node_modules/)${name}(/|$)`);

const errors = '^engine/errors[.]ts$';
const core = '^engine/core/';
const spec = '^engine/spec/';
const plan = '^engine/plan/';
const graph = '^engine/graph/';
const ports = '^engine/graph/ports[.]ts$';
const operators = '^engine/graph/operators/';
const stages = '^engine/stages/';
const protocol = '^workers/protocol[.]ts$';
const codecs = packages('snappy', 'snappyjs', 'lz4-napi', 'lz4js');
const NODE = { dependencyTypesNot: ['core'] };

/**
 * A row of the table: `from` may import itself, `may`, and (as types only) `types`. `node: true`
 * allows every node: module; single ones are named in `may`.
 */
function row(name, from, { may = [], types = [], node = false, itself = true, not = [] }) {
  const allowed = [...(itself ? [from] : []), ...may];
  const source = { path: from, pathNot: [TEST, ...not] };
  const severity = 'error';
  const comment = `${name} may import nothing else (the layer table)`;
  const other = node ? NODE : {};
  if (types.length === 0) {
    return [{ name, comment, severity, from: source, to: { pathNot: allowed, ...other } }];
  }
  return [
    {
      name,
      comment,
      severity,
      from: source,
      to: { pathNot: [...allowed, ...types], ...other },
    },
    {
      name: `${name}-types`,
      comment: `${name} may import this as types only`,
      severity,
      from: source,
      to: { path: types, pathNot: allowed, dependencyTypesNot: ['type-only'] },
    },
  ];
}

module.exports = {
  forbidden: [
    ...row('errors', errors, { itself: false }),
    ...row('core', core, { may: [errors] }),
    ...row('workers', '^workers/', {
      may: [core, errors, ...codecs, '^(node:)?(module|worker_threads|zlib)$'],
      types: [plan],
    }),
    ...row('spec', spec, { may: [core, errors, ...packages('yaml', 'zod')] }),
    ...row('plan', plan, { may: [spec, core, errors] }),
    ...row('graph', graph, {
      may: [plan, core, errors, ...packages('rxjs')],
      types: [protocol],
    }),
    ...row('stages', stages, {
      may: [spec, plan, ports, operators, core, errors, ...packages('rxjs')],
    }),
    ...row('io', '^engine/io/', {
      may: [
        core,
        errors,
        ...packages('kafkajs', 'cassandra-driver', 'node-fetch', 'p-[a-z]+', 'rxjs'),
        ...codecs,
      ],
      types: [ports, plan, protocol],
      node: true,
    }),
    ...row('pool', '^engine/pool/', {
      may: [protocol, core, errors, ...packages('piscina')],
      types: [ports],
      node: true,
      not: ['^engine/pool/thread[.]ts$'],
    }),
    // What Piscina loads in a thread: the one file of pool/ that is not of the main thread.
    ...row('thread', '^engine/pool/thread[.]ts$', {
      may: ['^workers/', core, errors, '^engine/own-imports[.]ts$', ...packages('piscina')],
    }),
    ...row('run', '^engine/run/', {
      may: [
        '^engine/(?!commands/|bench/|cli[.]ts|serve/|index[.]ts|bin[.]js)',
        '^workers/',
        ...packages('pino', 'prom-client', 'rxjs'),
      ],
      node: true,
    }),
    ...row('serve', '^engine/serve/', {
      may: ['^engine/run/', spec, plan, ports, core, errors, ...packages('fastify', '@fastify/.*')],
      node: true,
    }),
    ...row('bench', '^engine/bench/', {
      may: ['^engine/(?!commands/|cli[.]ts|serve/|index[.]ts|bin[.]js)'],
      node: true,
    }),
    ...row('index', '^engine/index[.]ts$', {
      may: ['^engine/(?!commands/|cli[.]ts|bin[.]js)'],
      itself: false,
    }),
    ...row('commands', '^engine/(commands/|cli[.]ts$|bin[.]js$)', {
      may: ['^engine/', '^workers/', '^infra/servers/', ...packages('commander')],
      node: true,
    }),
    ...row('infra', '^infra/', {
      may: [
        '^engine/',
        '^workers/',
        ...packages('commander', 'rolldown', 'testcontainers', 'vitest', 'yaml'),
      ],
      node: true,
      not: ['^infra/oracles/', '^infra/lint/', '^infra/simulation/', '^infra/bench/peers/plain-'],
    }),
    ...row('simulation', '^infra/simulation/', {
      may: [
        '^engine/',
        '^workers/',
        '^infra/oracles/',
        '^infra/patch[.]ts$',
        ...packages('fast-check', 'rxjs'),
      ],
      node: true,
    }),
    ...row('oracles', '^infra/oracles/', { node: true }),
    ...row('lint', '^infra/lint/', {
      may: packages('eslint', 'typescript', 'dependency-cruiser'),
      node: true,
    }),
    {
      name: 'tests',
      comment:
        'Tests may import all of engine, vitest, fast-check, node: and their layer’s packages',
      severity: 'error',
      from: { path: TEST },
      to: {
        pathNot: [
          '^(engine|workers|infra)/',
          ...packages(
            'vitest',
            'fast-check',
            'rxjs',
            'yaml',
            'zod',
            'pino',
            'piscina',
            'commander',
          ),
          ...packages('kafkajs', 'cassandra-driver', 'eslint', 'dependency-cruiser', 'typescript'),
          ...packages('testcontainers', '@testcontainers/.*'),
          ...codecs,
        ],
        ...NODE,
      },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { pathNot: TEST },
      to: { path: TEST },
    },
    {
      name: 'a-stage-never-imports-another',
      severity: 'error',
      from: { path: '^engine/stages/(source|record|window|sink)/', pathNot: TEST },
      to: { path: '^engine/stages/(source|record|window|sink)/' },
    },
    {
      name: 'kafkajs-only-in-io-kafka',
      severity: 'error',
      // But for the peer that shows what it is without the engine.
      from: { pathNot: ['^engine/io/kafka/', '^infra/bench/peers/plain-kafkajs[.]ts$'] },
      to: { path: packages('kafkajs') },
    },
    {
      name: 'cassandra-driver-only-in-io-cassandra',
      severity: 'error',
      from: { pathNot: ['^engine/io/cassandra/', '^infra/e2e/'] },
      to: { path: packages('cassandra-driver') },
    },
    {
      name: 'node-fetch-only-in-io-http',
      severity: 'error',
      from: { pathNot: '^engine/io/http/' },
      to: { path: packages('node-fetch') },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^[.]engine/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.d.ts', '.json'],
    },
  },
};
