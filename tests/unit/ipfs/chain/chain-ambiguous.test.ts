import { describe, expect, it } from 'vitest'
import { legacyCid } from '#lib/ipfs/blocks/car.ts'
import { answerLost, refused, unavailable } from '../../../support/fake-provider.ts'
import { chainOf, someClip } from './chain-subject.ts'

describe('a chain whose provider may hold the clip already', () => {
  it.each([answerLost(), 'lose_answer', 'hang_after_storing'] as const)(
    'asks the provider before it sends the clip again after %s',
    async (behaviour) => {
      const { upload, first } = chainOf(['pinata'])
      first.next(behaviour)
      const content = someClip()
      expect(await upload({ content })).toMatchObject({ ipfsHash: content.cid })
      expect(first.lookups).toEqual([content.cid])
      expect(first.taken.get(content.cid)).toBe(1)
    },
  )

  it('does not ask after a failure by which nothing can have been stored', async () => {
    const { upload, first } = chainOf(['pinata'])
    first.next(unavailable())
    await upload()
    expect(first.lookups).toEqual([])
  })

  it('asks first when an earlier upload broke off, and does not send a clip that is held', async () => {
    const { upload, first, entries } = chainOf(['pinata'])
    const content = someClip()
    first.take(content.cid)
    expect(await upload({ content, ambiguous: ['pinata'] })).toMatchObject({ ipfsHash: content.cid })
    expect(first.uploads).toEqual([])
    expect(entries).toMatchObject([{ provider: 'pinata', outcome: 'stored' }])
  })

  it('finds a clip by the CID of a provider that chunks files itself', async () => {
    const { upload, first } = chainOf(['pinata'])
    const content = { ...someClip(), file: new Blob([new Uint8Array(300 * 1024)]) }
    const itsCid = await legacyCid(content.file)
    first.next(async () => {
      first.take(itsCid)
      throw answerLost()
    })
    expect(await upload({ content })).toMatchObject({ ipfsHash: itsCid })
    expect(first.uploads).toHaveLength(1)
  })

  it('sends a clip that the provider turns out not to hold', async () => {
    const { upload, first } = chainOf(['pinata'])
    await upload({ ambiguous: ['pinata'] })
    expect(first.uploads).toHaveLength(1)
  })

  it('does not ask the other providers', async () => {
    const { upload, providers } = chainOf(['pinata', 'kubo'])
    providers[0]?.always(refused())
    await upload({ ambiguous: ['pinata'] })
    expect(providers[1]?.lookups).toEqual([])
  })

  it.each([
    ['hang'],
    ['cannot_tell'],
    [unavailable()],
    [unavailable(3_600_000)],
    [refused()],
    [new TypeError('holds.map is not a function')],
  ] as const)('sends the clip again in the same attempt where the lookup ends with %s', async (looking) => {
    const { upload, first, entries } = chainOf(['pinata'])
    first.always('store', looking).next(answerLost())
    expect(await upload()).toMatchObject({ provider: 'pinata' })
    expect(first.uploads).toHaveLength(2)
    expect(first.lookups).toHaveLength(1)
    expect(entries).toMatchObject([{ outcome: 'failed' }, { outcome: 'stored' }])
  })

  it('waits no longer than five seconds for the answer to a lookup', async () => {
    const { upload, first, clock } = chainOf(['pinata'])
    first.always('store', 'hang')
    await upload({ ambiguous: ['pinata'] })
    expect(clock.passed()).toBe(5000)
  })

  it('does not send the clip when its signal aborts during the lookup', async () => {
    const { start, first, clock } = chainOf(['pinata'])
    first.always('store', 'hang')
    const stop = new AbortController()
    const reason = new Error('The service is shutting down')
    const upload = start({ ambiguous: ['pinata'], signal: stop.signal })
    await clock.advance(1)
    stop.abort(reason)
    await expect(upload).rejects.toBe(reason)
    expect(first.uploads).toEqual([])
  })
})
