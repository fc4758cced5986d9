import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { ProviderSlots } from '#lib/ipfs/chain/slots.ts'

const never = new AbortController().signal

export interface ProviderSlotsSubject {
  /** Two views of the same slots, as two instances or two parts of one process have them. */
  create(options: { limit: number }): [ProviderSlots, ProviderSlots]
}

/** What every adapter of `ProviderSlots` promises. */
export function describeProviderSlots(name: string, { create }: ProviderSlotsSubject) {
  describe(`the slots ${name}`, () => {
    it('are held by no more than the limit at once, and everybody gets one', async () => {
      const views = create({ limit: 3 })
      let holders = 0
      let busiest = 0
      async function work(slots: ProviderSlots) {
        const release = await slots.acquire('pinata', never)
        holders += 1
        busiest = Math.max(busiest, holders)
        for (let turns = 0; turns < 20; turns += 1) await turn()
        holders -= 1
        release()
      }
      await Promise.all(Array.from({ length: 16 }, (_, index) => work(views[index % 2 ? 0 : 1])))
      expect(busiest).toBe(3)
    })

    it('are counted apart for each provider', async () => {
      const [left, right] = create({ limit: 1 })
      await left.acquire('pinata', never)
      await right.acquire('kubo', never)
    })

    it('are not lost when one who waits gives up', async () => {
      const [left, right] = create({ limit: 1 })
      const release = await left.acquire('pinata', never)
      const reason = new Error('The service is shutting down')
      for (const slots of [left, right]) {
        const stop = new AbortController()
        const waiting = slots.acquire('pinata', stop.signal)
        await turn()
        stop.abort(reason)
        await expect(waiting).rejects.toBe(reason)
      }
      await expect(left.acquire('pinata', AbortSignal.abort(reason))).rejects.toBe(reason)
      release()
      ;(await right.acquire('pinata', never))()
      await left.acquire('pinata', never)
    })

    it('are given back once, however often release is called', async () => {
      const [left, right] = create({ limit: 1 })
      const release = await left.acquire('pinata', never)
      release()
      release()
      await right.acquire('pinata', never)
      await expect(left.acquire('pinata', AbortSignal.timeout(150))).rejects.toThrow('timeout')
    })
  })
}
