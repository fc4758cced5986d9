import { describe, expect, it, vi } from 'vitest'
import { BytesResponse } from '#lib/http/bytes/bytes-response.ts'
import { jsonResponse } from '#lib/http/json-response.ts'

async function* pieces() {
  yield Buffer.from('so')
  yield Buffer.from('und')
}

const init = { status: 206, headers: { 'Content-Type': 'audio/mpeg' } }

describe('a response of bytes', () => {
  it('is an ordinary one for those who read it as one', async () => {
    const response = new BytesResponse(pieces(), init)
    expect(response).toBeInstanceOf(Response)
    expect([response.status, response.headers.get('Content-Type')]).toEqual([206, 'audio/mpeg'])
    expect(await new Response(response.body, response).text()).toBe('sound')
    expect(response.bodyUsed).toBe(true)
  })

  it.each([
    ['text', (response: Response) => response.text()],
    ['bytes', async (response: Response) => Buffer.from(await response.bytes()).toString()],
    ['arrayBuffer', async (response: Response) => Buffer.from(await response.arrayBuffer()).toString()],
    ['blob', async (response: Response) => (await response.blob()).text()],
    ['clone', (response: Response) => response.clone().text()],
  ])('gives them by %s', async (_, read) => {
    expect(await read(new BytesResponse(pieces(), init))).toBe('sound')
    expect(await read(new BytesResponse(Buffer.from('sound'), init))).toBe('sound')
  })

  it('says how long it is where it is whole', () => {
    const lengthOf = (content: ConstructorParameters<typeof BytesResponse>[0]) =>
      new BytesResponse(content, init).headers.get('Content-Length')
    expect([lengthOf(Buffer.from('größer')), lengthOf(pieces())]).toEqual(['8', null])
  })

  it('opens nothing before it is read, and lets go of what is not', async () => {
    const next = vi.fn(async () => ({ done: false, value: Buffer.from('sound') }))
    const letGo = vi.fn(async () => ({ done: true as const, value: undefined }))
    const bytes = { next, return: letGo, [Symbol.asyncIterator]: () => bytes }
    const unread = new BytesResponse(bytes, init)
    await unread.cancel()
    expect([next.mock.calls.length, letGo.mock.calls.length]).toEqual([0, 1])
    const begun = new BytesResponse(bytes, init)
    const reader = begun.body?.getReader()
    await reader?.read()
    await reader?.cancel()
    expect([next.mock.calls.length, letGo.mock.calls.length]).toEqual([1, 2])
  })

  it('takes over what another response says', async () => {
    const headers = new Headers({ 'Content-Type': 'audio/mpeg' })
    const other = new Response('sound', { status: 201, statusText: 'Spoken', headers })
    const response = new BytesResponse(Buffer.from(await other.arrayBuffer()), other)
    response.headers.append('Vary', 'Origin')
    expect([response.status, response.statusText]).toEqual([201, 'Spoken'])
    const read = new Response(response.body, response)
    expect(Object.fromEntries(read.headers)).toEqual({
      'content-length': '5',
      'content-type': 'audio/mpeg',
      vary: 'Origin',
    })
  })

  it('of JSON says its length in bytes', async () => {
    const response = jsonResponse(
      { text: 'Grüße' },
      { status: 202, headers: { 'Cache-Control': 'no-store' } },
    )
    expect(Object.fromEntries(response.headers)).toEqual({
      'cache-control': 'no-store',
      'content-length': '18',
      'content-type': 'application/json',
    })
    expect([response.status, await response.json()]).toEqual([202, { text: 'Grüße' }])
  })
})
