import { defineConfig } from 'vitest/config';

/**
 * `unit` (pure, fast), `integration` (real Kafka and Cassandra, started if need be), and `containers`:
 * what of the integration tests runs on servers it is given, and compose itself.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{engine,workers,infra}/**/*.test.ts'],
          exclude: ['**/*.{integration,containers}.test.ts', '**/node_modules/**'],
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
      {
        test: {
          name: 'containers',
          include: [
            '{engine,infra/e2e}/**/*.integration.test.ts',
            'infra/containers/**/*.containers.test.ts',
          ],
          // With servers of their own, or with none.
          exclude: ['**/outage.integration.test.ts', '**/{up,embedded}.integration.test.ts'],
          globalSetup: ['infra/servers/vitest-setup.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
