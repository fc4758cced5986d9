import { describe, expect, it } from 'vitest'
import { refused, unavailable, unreachable } from '../../../support/fake-provider.ts'
import { chainOf, stateOf } from './chain-subject.ts'

const never = new AbortController().signal

describe('a chain that is to unpin', () => {
  it('asks only the provider that is named, and says where that is none of its own', async () => {
    const { chain, providers } = chainOf(['pinata', 'kubo'])
    expect(await chain.unpin('kubo', 'bafk-one', never)).toBe(true)
    expect(await chain.unpin('fula', 'bafk-one', never)).toBeUndefined()
    expect(providers.map(({ unpins }) => unpins)).toEqual([[], ['bafk-one']])
  })

  it('asks no provider that is known to be down, and probes it once its cool-down is over', async () => {
    const { chain, clock, first } = chainOf(['pinata'])
    first.unpinning = unreachable()
    const unpin = () => chain.unpin('pinata', 'bafk-one', never)
    for (const _ of [1, 2]) await expect(unpin()).rejects.toThrow('ECONNREFUSED')
    expect(stateOf(chain, 'pinata')).toBe('open')
    await expect(unpin()).rejects.toThrow('cooling down')
    expect(first.unpins).toHaveLength(2)
    await clock.advance(10_000)
    first.unpinning = 'unpin'
    expect(await unpin()).toBe(true)
    expect(stateOf(chain, 'pinata')).toBe('closed')
  })

  it('takes a refusal for no sign that uploads fail', async () => {
    const { chain, first } = chainOf(['pinata'])
    first.unpinning = refused()
    for (let attempt = 0; attempt < 20; attempt += 1)
      await expect(chain.unpin('pinata', 'bafk-one', never)).rejects.toThrow('401')
    expect(stateOf(chain, 'pinata')).toBe('closed')
    first.unpinning = unavailable()
    for (let attempt = 0; attempt < 8; attempt += 1)
      await expect(chain.unpin('pinata', 'bafk-one', never)).rejects.toThrow('503')
    expect(stateOf(chain, 'pinata')).toBe('open')
  })
})
