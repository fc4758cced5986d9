import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { compress, isCompressible } from '#lib/server/compress.ts'

const content = Buffer.from(JSON.stringify(Array.from({ length: 500 }, (_, index) => ({ index }))))
const answer = (headers: Record<string, string> = { 'Content-Type': 'application/json' }) => ({
  headers: new Headers(headers),
})

describe('a body', () => {
  it.each([
    ['JSON', 'application/json', true],
    ['a problem document', 'application/problem+json', true],
    ['text', 'text/plain; charset=utf-8', true],
    ['events', 'text/event-stream', false],
    ['audio', 'audio/mpeg', false],
    ['lines of JSON', 'application/jsonl', false],
  ])('of %s: %s is compressed: %s', (_, type, isCompressed) => {
    expect(isCompressible(answer({ 'Content-Type': type }), content)).toBe(isCompressed)
  })

  it.each([
    ['ETag', '"a"'],
    ['Content-Encoding', 'gzip'],
    ['Content-Range', 'bytes 0-1/2'],
    ['Cache-Control', 'public, no-transform'],
  ])('with %s is not', (name, value) => {
    const headers = { 'Content-Type': 'application/json', [name]: value }
    expect(isCompressible(answer(headers), content)).toBe(false)
  })

  it('of 1 KiB is not, a longer one is', () => {
    expect([1024, 1025].map((length) => isCompressible(answer(), Buffer.alloc(length)))).toEqual([
      false,
      true,
    ])
  })
})

describe('compression', () => {
  it.each([
    ['gzip, deflate, br', 'br'],
    ['br;q=0.5, gzip', 'gzip'],
    ['br;q=0, GZIP;q=0.1', 'gzip'],
    ['gzip', 'gzip'],
    ['identity, zstd', null],
    ['gzip;q=0', null],
    [undefined, null],
  ])('for Accept-Encoding %s is %s', async (accepted, encoding) => {
    const { headers } = answer({ 'Content-Type': 'application/json', Vary: 'Origin' })
    const sent = await compress({ headers }, content, accepted)
    expect([headers.get('Content-Encoding'), headers.get('Vary')]).toEqual([
      encoding,
      'Origin, Accept-Encoding',
    ])
    if (encoding) expect(headers.get('Content-Length')).toBe(String(sent.byteLength))
    const decode =
      { br: brotliDecompressSync, gzip: gunzipSync }[encoding ?? ''] ?? ((bytes: Buffer) => bytes)
    expect(decode(sent).equals(content)).toBe(true)
  })
})
