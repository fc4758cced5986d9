import { afterEach, describe, expect, it, vi } from 'vitest'
import { computeCid, legacyCid } from '#lib/ipfs/blocks/car.ts'
import { verify } from '../../../../app/_playground/verify.ts'

const audioUrl = 'https://gateway.example/ipfs/clip'
/** Larger than a chunk of either way of chunking, so that the two CIDs differ. */
const audio = new Blob([new Uint8Array(1_500_000).fill(7)])

/** A blob as Safari 18 has it, whose stream has a reader and is not iterable. */
class NonIterableBlob extends Blob {
  override stream() {
    return Object.defineProperty(super.stream(), Symbol.asyncIterator, { value: undefined })
  }
}

/** A blob whose bytes are lost while they are read. */
class LostBlob extends Blob {
  override readonly size = 1
  override slice() {
    return this
  }
  override arrayBuffer(): Promise<ArrayBuffer> {
    return Promise.reject(new Error('the bytes are gone'))
  }
}

const answerWith = (blob: Blob) => vi.stubGlobal('fetch', async () => ({ ok: true, blob: async () => blob }))

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('the verification of a clip in the browser', () => {
  it('finds both CIDs of the audio where the stream of a blob cannot be iterated', async () => {
    const { cid } = await computeCid(audio.stream())
    const ipfsHash = await legacyCid(audio)
    expect(ipfsHash).not.toBe(cid)
    answerWith(new NonIterableBlob([audio]))

    expect(await verify({ audioUrl, cid, ipfsHash })).toMatchObject({ kind: 'exact', cid, bytes: 1_500_000 })
  })

  it('needs nothing that browsers have only on pages that came by https', async () => {
    vi.stubGlobal('crypto', {})
    const { cid } = await computeCid(audio.stream())
    answerWith(audio)

    expect(await verify({ audioUrl, cid, ipfsHash: undefined })).toMatchObject({ kind: 'exact', cid })
  })

  it('calls other bytes different, and says which CID they have', async () => {
    const { cid } = await computeCid(new Blob(['something else']).stream())
    answerWith(audio)

    expect(await verify({ audioUrl, cid, ipfsHash: undefined })).toMatchObject({
      kind: 'different',
      cid: (await computeCid(audio.stream())).cid,
    })
  })

  it('says why when the audio cannot be read, and does not throw', async () => {
    answerWith(new LostBlob())

    expect(await verify({ audioUrl, cid: 'any', ipfsHash: undefined })).toEqual({
      kind: 'unreachable',
      reason: 'The CID could not be computed here: the bytes are gone',
    })
  })
})
