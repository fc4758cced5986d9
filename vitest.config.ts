import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// More than there are cores on a small machine: tests with services wait for something most of the time.
const waiting = Math.max(4, availableParallelism())
const builtPrograms = 'tests/support/built-programs.ts'
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
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['tests/unit/**/*.test.ts'],
          // They compute most of the time: no more at once than there are cores, and nothing beside them.
          maxWorkers: availableParallelism(),
          globalSetup: 'tests/support/servers/global-setup.ts',
        },
      },
      {
        test: {
          ...withService,
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          exclude: [timed],
          maxWorkers: waiting,
          globalSetup: [builtPrograms, 'tests/support/shared-browser.ts'],
          sequence: { groupOrder: 1 },
        },
      },
      {
        // What promises a time of the clock has the machine to itself, after all others.
        test: {
          ...withService,
          name: 'timing',
          include: [timed],
          maxWorkers: 1,
          globalSetup: builtPrograms,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...withService,
          name: 'proof',
          include: ['tests/proof/**/*.proof.ts'],
          maxWorkers: waiting,
          globalSetup: builtPrograms,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
