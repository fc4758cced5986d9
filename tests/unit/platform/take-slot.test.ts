import PQueue from 'p-queue'
import { describe, expect, it } from 'vitest'
import { takeSlot } from '#lib/platform/take-slot.ts'

const never = new AbortController().signal
const reason = new Error('stopping')

describe('takeSlot', () => {
  it('gives slots in the order in which they were asked for', async () => {
    const queue = new PQueue({ concurrency: 1 })
    const order: number[] = []
    const waiting = [0, 1, 2].map(async (index) => {
      const release = await takeSlot(queue, never)
      order.push(index)
      release()
    })
    await Promise.all(waiting)
    expect(order).toEqual([0, 1, 2])
  })

  it('rejects with the reason of a signal that aborts before there is a slot, and loses no slot by it', async () => {
    const queue = new PQueue({ concurrency: 1 })
    const release = await takeSlot(queue, never)
    const stop = new AbortController()
    const waiting = takeSlot(queue, stop.signal)
    stop.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    expect(queue.size).toBe(0)
    release()
    await takeSlot(queue, never)
  })

  it('frees a slot whose signal aborts after it was taken', async () => {
    const queue = new PQueue({ concurrency: 1 })
    const stop = new AbortController()
    await takeSlot(queue, stop.signal)
    stop.abort(reason)
    await takeSlot(queue, never)
  })
})
