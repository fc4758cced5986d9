import { expect, it } from 'vitest'
import { dieAtEveryStep, dieWhileRecovering, stories } from './crash-steps.ts'

// The other texts and every step of a recovery: tests/proof/crash-steps.proof.ts.

it('a process killed at any step of a text for which the answer of the provider gets lost has lost nothing, and stored nothing twice', {
  timeout: 30_000,
}, async () => {
  const deaths = await dieAtEveryStep(stories['a text for which the answer of the provider gets lost'])
  expect(deaths).toBeGreaterThan(15)
})

it('a process killed at any step of a text with captions leaves no clip without them', {
  timeout: 30_000,
}, async () => {
  expect(await dieAtEveryStep(stories['a text with captions'])).toBeGreaterThan(25)
})

it('a process killed in the middle of its recovery leaves the next process as much as it found', async () => {
  expect(await dieWhileRecovering(20)).toBe(true)
})
