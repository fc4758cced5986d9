import { expect, it } from 'vitest'
import { createLocalQueue } from '#lib/queue/local.ts'
import { createQueues } from '#lib/queue/queue.ts'
import { createSimulatedClock } from '../../support/simulated-clock.ts'

it('two queues in one: webhooks do not wait behind uploads that hang, and both queues stop together', async () => {
  const clock = createSimulatedClock()
  const queue = createQueues(() => createLocalQueue({ clock }))
  const gate = Promise.withResolvers<void>()
  const begun: string[] = []
  const stop = queue.work(
    async ({ kind, id }) => {
      begun.push(`${kind} ${id}`)
      if (kind === 'upload') await gate.promise
    },
    { concurrency: 2 },
  )
  for (const id of ['1', '2', '3']) queue.enqueue({ kind: 'upload', id }, clock.now())
  queue.enqueue({ kind: 'webhooks', id: 'all' }, clock.now())
  await clock.advance(0)
  expect(begun.sort()).toEqual(['upload 1', 'upload 2', 'webhooks all'])

  let isOver = false
  const stopped = stop().then(() => {
    isOver = true
  })
  await clock.atRest()
  expect(isOver).toBe(false)
  gate.resolve()
  await stopped
  await queue.close()
  expect(begun).toHaveLength(3)
})
