import { expect, it } from 'vitest'
import { createLocalQueue } from '#lib/queue/local.ts'
import { createSimulatedClock } from '../../support/simulated-clock.ts'
import { queueConformance } from './queue-conformance.ts'

queueConformance('of one process', async () => {
  const clock = createSimulatedClock()
  return {
    queue: createLocalQueue({ clock }),
    now: () => clock.now(),
    async eventually(what, check) {
      for (let waits = 0; waits < 100; waits += 1) {
        await clock.advance(waits === 0 ? 0 : 10)
        if (check()) return
      }
      throw new Error(`It did not come to ${what}`)
    },
  }
})

it('the queue of a process that does not work keeps no task', async () => {
  const clock = createSimulatedClock()
  const queue = createLocalQueue({ clock })
  queue.enqueue({ kind: 'upload', id: 'a' }, clock.now() + 1000)
  expect(clock.sleeping()).toBe(0)
})

it('the queue of a process that has stopped working waits for no date any more', async () => {
  const clock = createSimulatedClock()
  const queue = createLocalQueue({ clock })
  const stop = queue.work(async () => {}, { concurrency: 1 })
  queue.enqueue({ kind: 'upload', id: 'a' }, clock.now() + 1000)
  expect(clock.sleeping()).toBe(1)
  await stop()
  await clock.atRest()
  expect(clock.sleeping()).toBe(0)
})

it('the queue of one process keeps no more than ten thousand tasks in memory', async () => {
  const clock = createSimulatedClock()
  const queue = createLocalQueue({ clock })
  const stop = queue.work(async () => {}, { concurrency: 1 })
  for (let id = 0; id < 10_100; id += 1) queue.enqueue({ kind: 'upload', id: String(id) }, clock.now() + 1000)
  expect(clock.sleeping()).toBe(10_000)
  await stop()
})
