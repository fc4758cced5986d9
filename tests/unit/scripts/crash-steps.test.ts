import { expect, it } from 'vitest'
import { dieInScript } from './crash-steps.ts'

// Every step: tests/proof/crash-steps.proof.ts.
it.each([12, 24])(
  'a process killed at step %i of a script leaves nothing that is paid for again',
  { timeout: 30_000 },
  async (step) => {
    expect(await dieInScript(step, { pieces: 1 })).toBe(true)
  },
)
