import { describe, expect, it } from 'vitest'
import { createLocalSlots } from '#lib/ipfs/chain/slots.ts'
import { refused, unavailable } from '../../../support/fake-provider.ts'
import { chainOf, stateOf } from './chain-subject.ts'

const never = new AbortController().signal
/** How long a background upload waits for a slot. */
const SLOT_TIMEOUT_MS = 10_000

function boundChain(limit: number, names = ['pinata', 'kubo']) {
  const slots = createLocalSlots({ limit })
  return { ...chainOf(names, { slots }), slots }
}

describe('a chain with a bound of background uploads per provider', () => {
  it('makes as many background attempts at once as there are slots, and the others in turn', async () => {
    const { start, first, clock } = boundChain(2)
    const ends: (() => void)[] = []
    first.always(async ({ cid }) => {
      await new Promise<void>((resolve) => ends.push(resolve))
      return { cid }
    })
    const uploads = Array.from({ length: 5 }, () => start())
    await clock.advance(1)
    for (const expected of [2, 4, 5]) {
      expect(first.uploads).toHaveLength(expected)
      for (const end of ends.splice(0)) end()
      await clock.advance(1)
    }
    await Promise.all(uploads)
    expect(first.busiest).toBe(2)
  })

  it.each(['interactive', 'lastResort'] as const)(
    'does not let %s uploads wait for a slot',
    async (priority) => {
      const { slots, upload, clock } = boundChain(1)
      await slots.acquire('pinata', never)
      expect(await upload({ priority })).toMatchObject({ provider: 'pinata' })
      expect(clock.passed()).toBe(0)
    },
  )

  it('gives up without an attempt when no slot comes free, and leaves breakers and the next provider alone', async () => {
    const { chain, slots, failureOf, entries, providers, clock } = boundChain(1)
    await slots.acquire('pinata', never)
    const error = await failureOf()
    expect(clock.passed()).toBe(SLOT_TIMEOUT_MS)
    expect(error.attempts).toBe(0)
    expect(error.failures).toEqual([
      { provider: 'pinata', attempts: 0, error: expect.stringContaining('are in use') },
    ])
    expect(entries).toEqual([])
    expect(providers.map(({ uploads }) => uploads)).toEqual([[], []])
    expect(stateOf(chain, 'pinata')).toBe('closed')
  })

  it('records an attempt only once it has a slot, so that the lease is prolonged then', async () => {
    const { slots, start, entries, clock } = boundChain(1)
    const release = await slots.acquire('pinata', never)
    const upload = start()
    await clock.advance(SLOT_TIMEOUT_MS - 1000)
    expect(entries).toEqual([])
    release()
    await clock.until(upload)
    expect(entries).toEqual([{ provider: 'pinata', outcome: 'stored', durationMs: 0 }])
  })

  it('gives the slot to other uploads between its attempts', async () => {
    const { start, first, clock } = boundChain(1, ['pinata'])
    first.next(unavailable())
    const retried = start()
    await clock.advance(1)
    expect(await start()).toMatchObject({ provider: 'pinata' })
    expect(await clock.until(retried)).toMatchObject({ provider: 'pinata' })
  })

  it.each([
    ['is refused', refused()],
    ['times out', 'hang'],
    ['stores', 'store'],
  ] as const)('gives the slot back when the attempt %s', async (_, behaviour) => {
    const { slots, upload, first } = boundChain(1, ['pinata'])
    first.next(behaviour)
    await upload().catch(() => {})
    await slots.acquire('pinata', AbortSignal.timeout(1000))
  })

  it('gives the slot or its place in the queue back when it is aborted', async () => {
    const { slots, start, first, clock } = boundChain(1)
    first.always('hang')
    const stop = new AbortController()
    const reason = new Error('The service is shutting down')
    const uploads = [start({ signal: stop.signal }), start({ signal: stop.signal })]
    const ends = uploads.map((upload) => expect(upload).rejects.toBe(reason))
    await clock.advance(1)
    stop.abort(reason)
    await Promise.all(ends)
    await slots.acquire('pinata', never)
  })

  it('does not try a provider whose breaker opened during the wait for a slot', async () => {
    const { chain, slots, start, upload, first, clock } = boundChain(1)
    const release = await slots.acquire('pinata', never)
    const waiting = start()
    await clock.advance(1)
    first.next(unavailable(3_600_000))
    await upload({ priority: 'interactive' })
    expect(stateOf(chain, 'pinata')).toBe('open')
    first.uploads.length = 0
    release()
    expect(await clock.until(waiting)).toMatchObject({ provider: 'kubo' })
    expect(first.uploads).toEqual([])
  })

  it('reports the attempts that were made when a retry finds no slot', async () => {
    const { slots, start, first, clock } = boundChain(1)
    first.next(unavailable())
    const upload = start()
    await clock.advance(1)
    await slots.acquire('pinata', never)
    expect(await clock.until(upload)).toMatchObject({ provider: 'kubo' })
    expect(first.uploads).toHaveLength(1)
  })
})
