import { describe, expect, it } from 'vitest'
import { mediaRanges, prefers } from '#lib/http/accept.ts'

const asking = (accept?: string) =>
  new Request('http://localhost/', accept === undefined ? {} : { headers: { Accept: accept } })

describe('prefers()', () => {
  it.each([
    ['audio/*', 'audio/*'],
    ['audio/mpeg', 'audio/*'],
    ['Audio/MPEG;q=0.9', 'audio/*'],
    ['text/event-stream', 'text/event-stream'],
    ['text/event-stream, application/json', 'text/event-stream'],
    ['application/json;q=0.5, text/event-stream', 'text/event-stream'],
    [' text/event-stream ; charset=utf-8', 'text/event-stream'],
  ])('is true for Accept: %s and %s', (accept, mediaType) => {
    expect(prefers(asking(accept), mediaType)).toBe(true)
  })

  it.each([
    [undefined, 'audio/*'],
    ['', 'audio/*'],
    ['*/*', 'audio/*'],
    ['*/*', 'text/event-stream'],
    ['application/json, audio/*', 'audio/*'],
    ['audio/*;q=0.5, application/json', 'audio/*'],
    ['audio/*;q=0', 'audio/*'],
    ['text/event-stream-of-mine', 'text/event-stream'],
  ])('is false for Accept: %s and %s', (accept, mediaType) => {
    expect(prefers(asking(accept), mediaType)).toBe(false)
  })
})

describe('mediaRanges()', () => {
  it('gives the most wanted first, with its parameters, and leaves out what is refused', () => {
    const accept =
      'text/html;q=0, application/json;q=0.5, application/vnd.ipld.car; dups="Y"; order=dfs, */*;q=x'
    expect(mediaRanges(accept)).toEqual([
      { type: 'application/vnd.ipld.car', parameters: { dups: 'y', order: 'dfs' }, quality: 1 },
      { type: 'application/json', parameters: { q: '0.5' }, quality: 0.5 },
    ])
  })

  it('gives nothing where there is no header', () => {
    expect(mediaRanges(null)).toEqual([])
  })
})
