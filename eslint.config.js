// The lint rules. Every rule of our own, and every restriction below, has a violating case in
// infra/lint/lint-rules.test.ts: a check that cannot fail is a defect.
import rxjs from 'eslint-plugin-rxjs-x';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { docstringOnExport } from './infra/lint/rules/docstring-on-export.ts';
import { embeddedWord } from './infra/lint/rules/embedded-word.ts';
import { plainObjectAsMap } from './infra/lint/rules/plain-object-as-map.ts';

const tests = ['**/*.test.ts', '**/*.suite.ts', '**/*.fixture.ts'];

const clockless = 'core/ is pure: take the value as an argument.';
const hostGlobals = [
  'Date',
  'Buffer',
  'process',
  'performance',
  'console',
  'fetch',
  'crypto',
  'globalThis',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'queueMicrotask',
];
const wallClock = 'No sleeps and no wall clock in unit tests: pass a manual clock.';

export default defineConfig(
  globalIgnores([
    ...['node_modules/', '.engine/', 'data/', 'dist/', 'coverage/'],
    // AssemblyScript, which only looks like TypeScript.
    '**/*.as.ts',
  ]),
  {
    files: ['**/*.{ts,js,cjs}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: {
      engine: {
        rules: {
          'docstring-on-export': docstringOnExport,
          'embedded-word': embeddedWord,
          'plain-object-as-map': plainObjectAsMap,
        },
      },
    },
    rules: {
      eqeqeq: 'error',
      'no-eval': 'error',
      'no-new-func': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // An async method without await turns what it throws into a rejection: ports need that.
      '@typescript-eslint/require-await': 'off',
      // `SinkHandle | null` says something although a handle may be anything.
      '@typescript-eslint/no-redundant-type-constituents': 'off',
    },
  },
  {
    files: ['**/*.ts'],
    extends: [rxjs.configs.strict],
    rules: {
      'rxjs-x/finnish': [
        'error',
        { functions: false, methods: false, names: { '^#?(project|cold|hot)$': false } },
      ],
    },
  },
  {
    name: 'engine/sizes',
    files: ['**/*.ts'],
    ignores: tests,
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': 'off',
      '@typescript-eslint/max-params': ['error', { max: 4 }],
      'max-depth': ['error', 4],
      'engine/docstring-on-export': 'error',
    },
  },
  {
    name: 'engine/product',
    files: ['engine/**/*.ts', 'workers/**/*.ts'],
    ignores: tests,
    rules: {
      'no-console': 'error',
      'engine/plain-object-as-map': 'error',
    },
  },
  {
    name: 'engine/embedded-is-resolved-in-one-place',
    files: ['engine/**/*.ts', 'workers/**/*.ts'],
    // bench/definition.ts writes what users write.
    ignores: [
      ...tests,
      'engine/spec/normalize*.ts',
      'engine/io/embedded/**',
      'engine/bench/definition.ts',
    ],
    rules: { 'engine/embedded-word': 'error' },
  },
  {
    name: 'engine/core-is-pure',
    files: ['engine/core/**/*.ts'],
    ignores: tests,
    rules: {
      'no-restricted-globals': [
        'error',
        ...hostGlobals.map((name) => ({ name, message: clockless })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: clockless },
      ],
    },
  },
  {
    name: 'engine/one-code-generator',
    files: ['engine/core/emit.ts'],
    rules: { 'no-new-func': 'off', '@typescript-eslint/no-implied-eval': 'off' },
  },
  {
    name: 'engine/subjects-live-in-graph',
    files: ['engine/**/*.ts', 'workers/**/*.ts'],
    ignores: [...tests, 'engine/graph/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'rxjs',
              importNames: ['Subject', 'BehaviorSubject', 'ReplaySubject', 'AsyncSubject'],
              message: 'Subjects live in graph/; elsewhere write `new Observable(…)`.',
            },
          ],
        },
      ],
    },
  },
  {
    name: 'engine/tests',
    files: tests,
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      'rxjs-x/no-ignored-default-value': 'off',
    },
  },
  {
    name: 'engine/unit-tests-do-not-sleep',
    files: ['engine/**/*.test.ts', 'workers/**/*.test.ts'],
    ignores: ['**/*.integration.test.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'setTimeout', message: wallClock },
        { name: 'setInterval', message: wallClock },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: wallClock },
        { object: 'performance', property: 'now', message: wallClock },
      ],
    },
  },
  {
    files: ['**/*.{js,cjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
