import { CID } from 'multiformats'
import { base16, base16upper } from 'multiformats/bases/base16'
import { base36, base36upper } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import { base64url } from 'multiformats/bases/base64'
import { describe, expect, it } from 'vitest'
import { canonicalCid, verifyAnsweredCid } from '#lib/ipfs/blocks/parse-cid.ts'
import { someContent } from '../content.ts'
import { failureIn } from '../providers/provider-subject.ts'

describe('a CID', () => {
  const cid = 'bafybeifq444z4b7yqzcyz4a5gspb2rpyfcdxp3mrfpigmllh52ld5tyzwm'

  it.each([
    ['base16', CID.parse(cid).toString(base16)],
    ['base16 in capitals', CID.parse(cid).toString(base16upper)],
    ['base32', cid],
    ['base32 in capitals', cid.toUpperCase()],
    ['base36', CID.parse(cid).toString(base36)],
    ['base36 in capitals', CID.parse(cid).toString(base36upper)],
    ['base58', CID.parse(cid).toString(base58btc)],
    ['base64 for URLs', CID.parse(cid).toString(base64url)],
    ['version 0', CID.parse(cid).toV0().toString()],
    ['a line', `${cid}\n`],
  ])('is understood as %s', (_, text) => {
    expect(canonicalCid(text)).toBe(cid)
  })

  it.each(['', 'bafk', 'Qm', 'done', 'null', `${cid}/clip.mp3`, '🚀'])('is not found in %j', (text) => {
    expect(canonicalCid(text)).toBeUndefined()
  })
})

describe('the CID that a provider answers', () => {
  it('is returned in canonical form', async () => {
    const content = await someContent(3_000_000)
    const answered = CID.parse(content.cid).toV0().toString()
    expect(await verifyAnsweredCid(answered, content)).toBe(content.cid)
  })

  it('is refused when only its hash is right', async () => {
    const content = await someContent(10)
    const { multihash } = CID.parse(content.cid)
    const asDagPb = CID.createV1(0x70, multihash).toString()
    const error = await failureIn(verifyAnsweredCid(asDagPb, content))
    expect(error).toMatchObject({ isRetryable: false })
  })
})
