import { defineConfig } from 'vitest/config';

/** Two suites: `unit` (pure, fast) and `integration` (real Kafka and Cassandra, started if need be). */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{engine,workers,infra}/**/*.test.ts'],
          exclude: ['**/*.integration.test.ts', '**/node_modules/**'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['{engine,workers,infra}/**/*.integration.test.ts'],
          globalSetup: ['infra/servers/vitest-setup.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
