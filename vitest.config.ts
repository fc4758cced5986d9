import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const timed = 'tests/e2e/**/*.timing.test.ts'
// Files share processes, and with them what they import.
const shared = {
  environment: 'node',
  isolate: false,
  setupFiles: 'tests/support/new-process.ts',
  unstubEnvs: true,
  unstubGlobals: true,
} as const
const withService = { ...shared, testTimeout: 60_000, hookTimeout: 120_000 }

export default defineConfig({
  test: {
    // More than there are cores on a small machine: most tests wait for something most of the time.
    maxWorkers: Math.max(4, availableParallelism()),
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['tests/unit/**/*.test.ts'],
          globalSetup: 'tests/support/servers/global-setup.ts',
        },
      },
      {
        test: {
          ...withService,
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          exclude: [timed],
        },
      },
      {
        // What promises a time of the clock has the machine to itself, after all others.
        test: {
          ...withService,
          name: 'timing',
          include: [timed],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: { ...withService, name: 'proof', include: ['tests/proof/**/*.proof.ts'] },
      },
    ],
  },
})
