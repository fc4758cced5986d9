import { beforeAll, expect, it } from 'vitest'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import { someContent } from '../content.ts'

/** How to bring a provider into the states in which its promises are tested. */
export interface PromisingSubject {
  name: string
  gatewayUrl: string
  provider: () => IpfsProvider
  willTake(content: IpfsContent): void | Promise<void>
  willHold(content: IpfsContent): void | Promise<void>
  willNotHold(content: IpfsContent): void | Promise<void>
  /** Lets it unpin what it holds, or does not hold; missing where it cannot. */
  willUnpin?: ((isHeld: boolean) => void) | undefined
}

/** What every provider promises, whether there is a vendor behind it or not. */
export function describePromises(subject: PromisingSubject) {
  const signal = new AbortController().signal
  let content: IpfsContent
  let other: IpfsContent
  beforeAll(async () => {
    content = await someContent(2_500_000)
    other = await someContent(10, 2)
  })

  it('has its name and gateway URL', () => {
    const { name, gatewayUrl } = subject
    expect(subject.provider()).toMatchObject({ name, gatewayUrl })
  })

  it('uploads the clip and returns its CID', async () => {
    await subject.willTake(content)
    await expect(subject.provider().upload(content, { signal })).resolves.toEqual({ cid: content.cid })
  })

  it('rejects with the reason of a signal that has aborted', async () => {
    const reason = new Error('shutting down')
    const aborted = { signal: AbortSignal.abort(reason) }
    await expect(subject.provider().upload(content, aborted)).rejects.toBe(reason)
    await expect(subject.provider().holds(content.cid, aborted)).rejects.toBe(reason)
    await expect(subject.provider().unpin(content.cid, aborted)).rejects.toBe(reason)
  })

  it('reports that it holds a clip which it holds', async () => {
    await subject.willHold(content)
    expect(await subject.provider().holds(content.cid, { signal })).toBe(true)
  })

  it('reports that it does not hold a clip which it does not hold', async () => {
    await subject.willNotHold(content)
    expect(await subject.provider().holds(content.cid, { signal })).toBe(false)
  })

  const { willUnpin } = subject
  if (willUnpin) {
    it('unpins a clip which it holds', async () => {
      await subject.willHold(content)
      willUnpin(true)
      expect(await subject.provider().unpin(content.cid, { signal })).toBe(true)
      await subject.willNotHold(content)
      expect(await subject.provider().holds(content.cid, { signal })).toBe(false)
    })

    it('has nothing to unpin where it does not hold a clip', async () => {
      await subject.willNotHold(content)
      willUnpin(false)
      expect(await subject.provider().unpin(content.cid, { signal })).toBe(true)
    })
  } else {
    it('says that it cannot unpin', async () => {
      await subject.willHold(content)
      expect(await subject.provider().unpin(content.cid, { signal })).toBeUndefined()
    })
  }

  it('does not mistake another clip for the one asked for', async () => {
    await subject.willHold(other)
    expect(await subject.provider().holds(content.cid, { signal })).toBe(false)
  })
}
