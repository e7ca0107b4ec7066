import { defineConfig } from 'vitest/config';

/**
 * `unit` (pure, fast), `integration` (real Kafka and Cassandra, started if need be), `e2e` (faults that
 * take minutes; not in `npm test`), and `containers`: what of the integration tests runs on servers it
 * is given, and compose itself.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{engine,workers,infra}/**/*.test.ts'],
          exclude: ['**/*.{integration,containers,e2e}.test.ts', '**/node_modules/**'],
          testTimeout: 60_000,
          setupFiles: ['infra/property-sizes.fixture.ts'],
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
          name: 'e2e',
          include: ['infra/e2e/**/*.e2e.test.ts'],
          globalSetup: ['infra/servers/vitest-setup.ts'],
          fileParallelism: false,
          testTimeout: 1_800_000,
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
          exclude: [
            '**/outage.integration.test.ts',
            '**/{up,embedded}.integration.test.ts',
            'infra/e2e/faults/**',
          ],
          globalSetup: ['infra/servers/vitest-setup.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
