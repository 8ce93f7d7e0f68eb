import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['harness/**/*.test.ts'],
          exclude: ['**/*.{engine,browser,lab,oracle}.test.ts'],
          // Real certificates, child processes and two cores that may be busy.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'engine',
          include: ['harness/**/*.engine.test.ts'],
          // `npm test` sees to the engine.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'oracle',
          include: ['harness/**/*.oracle.test.ts'],
          // The real readers are fetched or built the first time.
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'lab',
          include: ['harness/**/*.lab.test.ts'],
          // Whole runs, minutes each, one after the other: two labs at once would be too much for a small machine.
          fileParallelism: false,
          testTimeout: 3_600_000,
          hookTimeout: 3_600_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['harness/**/*.browser.test.ts'],
          // `npm test` sees to the browser, which takes seconds to start beside other work.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'conformance',
          include: ['suites/*/*.test.ts'],
          // One lab, one claim after the other; a worker process each file.
          fileParallelism: false,
          pool: 'forks',
          sequence: { concurrent: false },
        },
      },
    ],
  },
});
