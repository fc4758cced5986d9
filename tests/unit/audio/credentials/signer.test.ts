import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createCredentialSigner } from '#lib/audio/credentials/signer.ts'
import { measureAudio } from '#lib/audio/measure.ts'
import { wavHeader } from '#lib/audio/wav.ts'
import type { SigningIdentity } from '#lib/config/content-credentials.ts'
import { makeTestCertificate } from '../../../../scripts/test-certificate.mjs'
import { join, pieceOf } from '../../../support/audio-pieces.ts'
import { judge, testCertificate } from '../../../support/c2pa.ts'

const TRAINED = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia'
const ALGORITHM = 'http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia'

const mp3 = readFileSync(path.join(import.meta.dirname, '../../../fixtures/speech.mp3'))
const samples = Buffer.from(Array.from({ length: 24_000 }, (_, at) => (at * 7) % 251))
const format = { formatTag: 1, channels: 1, sampleRateHz: 24_000, bitsPerSample: 16 }
const wav = Buffer.concat([wavHeader({ ...format, dataBytes: samples.length }), samples])

/** A WAV as vendors stream it, who do not know its length when they write the header. */
function streamed(stated: number, sound = samples): Buffer {
  const file = Buffer.concat([wavHeader({ ...format, dataBytes: 0 }), sound])
  file.writeUInt32LE(stated, 4)
  file.writeUInt32LE(stated, 40)
  return file
}

const sizeOf = (bytes: number, version: number) =>
  Buffer.from(
    [21, 14, 7, 0]
      .map((shift) => (version === 4 ? (bytes >> shift) & 0x7f : 0))
      .slice(0, 3)
      .concat(bytes),
  )

/** The MP3 behind an ID3v2 tag with a title and some padding. */
function tagged(version: number, flags = 0): Buffer {
  const content = Buffer.from('\0A title of somebody', 'latin1')
  const frame = Buffer.concat([
    Buffer.from('TIT2'),
    sizeOf(content.length, version),
    Buffer.from([0, 0]),
    content,
  ])
  const all = Buffer.concat([frame, Buffer.alloc(20)])
  return Buffer.concat([
    Buffer.from('ID3'),
    Buffer.from([version, 0, flags]),
    sizeOf(all.length, 4),
    all,
    mp3,
  ])
}

const identityOf = (
  { certificate, privateKey }: { certificate: string; privateKey: string },
  algorithm: SigningIdentity['algorithm'] = 'ES256',
): SigningIdentity => ({ algorithm, certificates: [certificate], privateKey })

type Options = { source?: 'trained' | 'algorithm'; identity?: SigningIdentity; now?: () => number }

async function sign(
  file: Buffer,
  kind: 'mp3' | 'wav',
  { source = 'trained', identity, now = Date.now }: Options = {},
) {
  const signer = createCredentialSigner(identity ?? identityOf(await testCertificate()), { now })
  const signed = await signer.sign(new Blob([Uint8Array.from(file)]), { kind, source })
  return Buffer.from(await signed.arrayBuffer())
}

const typeOf = { mp3: 'audio/mpeg', wav: 'audio/wav' }

async function judgeSigned(kind: 'mp3' | 'wav', signed: Uint8Array) {
  return judge(typeOf[kind], signed, (await testCertificate()).root)
}

const files = [
  ['an MP3', 'mp3', mp3],
  ['an MP3 with an ID3v2.4 tag', 'mp3', tagged(4)],
  ['an MP3 with an ID3v2.3 tag', 'mp3', tagged(3)],
  ['a WAV', 'wav', wav],
  ['a WAV whose header states no length', 'wav', streamed(0)],
  ['a WAV whose header states the greatest length', 'wav', streamed(0xffff_ffff)],
  ['a WAV of an odd number of bytes', 'wav', streamed(0xffff_ffff, samples.subarray(1))],
  [
    'a WAV with a chunk behind its samples',
    'wav',
    Buffer.concat([wav, Buffer.from('LIST\x04\0\0\0INFO', 'latin1')]),
  ],
] as const

describe('a signed clip, for c2pa-rs', () => {
  it.each(files)('is valid and trusted: %s', async (_title, kind, file) => {
    expect(await judgeSigned(kind, await sign(file, kind))).toEqual({
      state: 'Trusted',
      failures: [],
      generator: { name: 'Voicepin', version: '0.1.0' },
      actions: [{ action: 'c2pa.created', digitalSourceType: TRAINED }],
    })
  })

  it.each(files)(
    'is invalid with a bit flipped at its beginning, middle or end: %s',
    async (_title, kind, file) => {
      const signed = await sign(file, kind)
      const grown = signed.length - file.length
      // In the tag or header, in the first frames of audio, and in the last ones.
      for (const at of [kind === 'mp3' ? 16 : 24, grown + 500, signed.length - 100]) {
        const changed = Buffer.from(signed)
        changed[at] = (changed[at] ?? 0) ^ 1
        const verdict = await judgeSigned(kind, changed).catch((error: unknown) => ({ state: String(error) }))
        expect([at, verdict.state]).not.toEqual([at, 'Trusted'])
        expect([at, verdict.state]).not.toEqual([at, 'Valid'])
      }
    },
  )

  it('says that a program by rules has made it, where that is so', async () => {
    const { actions } = await judgeSigned('wav', await sign(wav, 'wav', { source: 'algorithm' }))
    expect(actions[0]?.digitalSourceType).toBe(ALGORITHM)
  })

  it.each([
    ['ES384', { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' }],
    ['ES512', { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512' }],
    ['Ed25519', { name: 'Ed25519' }],
  ] as const)('is trusted with a key for %s, too', async (name, algorithm) => {
    const made = await makeTestCertificate({ algorithm })
    const signed = await sign(mp3, 'mp3', { identity: identityOf(made, name) })
    expect(await judge('audio/mpeg', signed, made.root)).toMatchObject({ state: 'Trusted', failures: [] })
    const again = await sign(mp3, 'mp3', { identity: identityOf(made, name) })
    expect(again.equals(signed)).toBe(true)
  })
})

describe('signing', () => {
  it.each(files)(
    'gives the same bytes each time, under 2 KB more, that last as long: %s',
    async (_title, kind, file) => {
      const signed = await sign(file, kind)
      expect((await sign(file, kind)).equals(signed)).toBe(true)
      expect(signed.length - file.length).toBeLessThan(2048)
      const measure = (bytes: Buffer) => measureAudio(new Blob([Uint8Array.from(bytes)]).stream(), '')
      const { isWhole: _, ...before } = await measure(file)
      expect(await measure(signed)).toEqual({ ...before, isWhole: true })
      expect(signed.includes(file.subarray(-1000))).toBe(true)
    },
  )

  it('keeps the other frames of a tag', async () => {
    expect((await sign(tagged(3), 'mp3')).includes('A title of somebody')).toBe(true)
  })

  it('leaves a piece that can be joined, without its manifest', async () => {
    const whole = await join(await Promise.all([mp3, await sign(mp3, 'mp3')].map((piece) => pieceOf(piece))))
    expect(whole.includes('jumdc2pa')).toBe(false)
  })

  it.each([
    ['an ID3v2.2 tag', tagged(2), 'of a kind that takes no more'],
    ['a tag with an extended header', tagged(4, 0x40), 'of a kind that takes no more'],
  ])('refuses what has no place for a manifest: %s', async (_title, file, message) => {
    await expect(sign(file, 'mp3')).rejects.toThrow(message)
  })

  it('refuses to sign before and after the time of its certificate', async () => {
    const day = 24 * 3600 * 1000
    const at = (now: number) => sign(mp3, 'mp3', { now: () => now })
    await expect(at(Date.now() - day)).rejects.toThrow('not valid yet')
    await expect(at(Date.now() + 366 * day)).rejects.toThrow('has expired')
  })
})
