import { expect, it } from 'vitest'
import { dieInDeletion } from './delete-crash-steps.ts'

// Every step: tests/proof/crash-steps.proof.ts.
it.each([2, 12, 22])('a process killed at step %i of a deletion leaves one that goes on', async (step) => {
  expect(await dieInDeletion(step)).toBe(true)
})
