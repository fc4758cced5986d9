import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const timed = 'tests/e2e/**/*.timing.test.ts'
const node = { environment: 'node' } as const
const withService = { ...node, testTimeout: 60_000, hookTimeout: 120_000 }

export default defineConfig({
  test: {
    // More than there are cores on a small machine: most tests wait for something most of the time.
    maxWorkers: Math.max(4, availableParallelism()),
    projects: [
      {
        test: {
          ...node,
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
