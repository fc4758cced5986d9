import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { listenerOf } from '#lib/server/listener.ts'
import { readRequest } from '#lib/server/read-request.ts'

const url = 'http://localhost/api/temp-audio/a?download'
const headers = { host: 'voice.example', accept: '*/*', 'x-list': ['a', 'b'], 'x-none': undefined }
const factsWith = (signalOf = () => new AbortController().signal) => ({
  url,
  method: 'GET',
  headers,
  signalOf,
})

describe('a request without a body', () => {
  it('says what a real one says', async () => {
    const request = readRequest(factsWith())
    const real = new Request(url, {
      headers: { host: 'voice.example', accept: '*/*', 'x-list': 'a, b' },
    })
    expect(request).toBeInstanceOf(Request)
    for (const name of Object.keys(Object.getOwnPropertyDescriptors(Request.prototype))) {
      const value = Reflect.get(real, name)
      if (['headers', 'signal', 'constructor'].includes(name) || typeof value === 'function') continue
      expect(Reflect.get(request, name), name).toEqual(value)
    }
    expect(await request.text()).toBe('')
    expect([...request.headers]).toEqual([...real.headers])
    expect(request.clone().headers.get('X-List')).toBe('a, b')
  })

  it('finds headers whatever the case of their names', () => {
    const { headers: found } = readRequest(factsWith())
    expect(found).toBeInstanceOf(Headers)
    expect([found.get('Host'), found.get('X-LIST'), found.get('x-none'), found.get('constructor')]).toEqual([
      'voice.example',
      'a, b',
      null,
      null,
    ])
    expect([found.has('ACCEPT'), found.has('x-none')]).toEqual([true, false])
    expect(new Headers(found).get('host')).toBe('voice.example')
    found.set('Accept', 'audio/mpeg')
    expect([found.get('accept'), [...found.keys()]]).toEqual(['audio/mpeg', ['accept', 'host', 'x-list']])
  })

  it('asks for its signal once, where somebody wants to know', () => {
    const hangUp = new AbortController()
    const signalOf = vi.fn(() => hangUp.signal)
    const request = readRequest(factsWith(signalOf))
    expect(request.headers.get('Host')).toBe('voice.example')
    expect(signalOf).not.toHaveBeenCalled()
    expect(request.signal.aborted).toBe(false)
    hangUp.abort()
    expect([request.signal.aborted, signalOf.mock.calls.length]).toEqual([true, 1])
    expect(request.clone().signal.aborted).toBe(true)
  })

  it('becomes a real one for nobody on the way to its handler and back', async () => {
    const made = vi.fn()
    class Counted extends Request {
      constructor(...args: ConstructorParameters<typeof Request>) {
        super(...args)
        made()
      }
    }
    vi.stubGlobal('Request', Counted)
    const server = createServer(listenerOf(async (request) => new Response(request.headers.get('x-asked'))))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-asked': 'sound' } })
    expect([await answer.text(), made.mock.calls.length]).toEqual(['sound', 0])
    await server[Symbol.asyncDispose]()
  })
})
