import { defineConfig } from 'vitest/config';

/** Branch coverage of the rooms where a slip costs money. */
const thresholds = {
  'src/project/**': { branches: 95 },
  'src/money/**': { branches: 95 },
  'src/engine/**': { branches: 93 },
};

export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    pool: 'forks',
    maxWorkers: '100%',
    testTimeout: 90_000,
    passWithNoTests: false,
    reporters: ['default', './.ci/count-reporter.mjs'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/package/**', 'tests/browser/**'],
        },
      },
      { test: { name: 'browser', pool: 'forks', include: ['tests/browser/**/*.test.ts'], testTimeout: 120_000 } },
      {
        test: { name: 'package', pool: 'forks', include: ['tests/package/**/*.test.ts'], testTimeout: 120_000 },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'providers/**/*.ts', 'storage-adapters/**/*.ts'],
      exclude: ['src/spec/**'],
      reporter: ['text-summary', 'html'],
      ...(process.env['COVERAGE_GATE'] === '1' ? { thresholds } : {}),
    },
  },
});
