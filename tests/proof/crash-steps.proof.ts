import { expect, it } from 'vitest'
import { dieAtEveryStep, dieWhileRecovering, stories } from '../unit/clips/crash-steps.ts'
import { dieInDeletion } from '../unit/clips/delete-crash-steps.ts'
import { dieInScript } from '../unit/scripts/crash-steps.ts'

it.each(Object.entries(stories))(
  'a process killed at any step of %s has lost nothing that was answered, and stored nothing twice',
  async (_, story) => {
    expect(await dieAtEveryStep(story)).toBeGreaterThan(15)
  },
)

it('a process killed at any step of its recovery leaves the next one as much as it found', async () => {
  let steps = 0
  while (await dieWhileRecovering(steps + 1)) steps += 1
  expect(steps).toBeGreaterThan(15)
})

it('a process killed at any step of a script leaves nothing that is paid for again', {
  timeout: 300_000,
}, async () => {
  let step = 1
  while (await dieInScript(step)) step += 1
  expect(step).toBeGreaterThan(60)
})

it('a process killed at any step of a deletion leaves one that goes on', { timeout: 300_000 }, async () => {
  let step = 1
  while (await dieInDeletion(step)) step += 1
  expect(step).toBeGreaterThan(40)
})
