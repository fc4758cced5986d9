import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readErrorText, readText } from '#lib/platform/read-text.ts'
import { MEBIBYTE } from '#lib/platform/units.ts'
import { startScriptedServer } from '../ipfs/providers/faulty-server.ts'

/** A gzip stream that grows to 600 MiB, of which 0.6 MiB travel. */
const bomb = Buffer.concat(Array(600).fill(gzipSync(Buffer.alloc(MEBIBYTE, ' '))))

describe('the text of an answer', () => {
  let server: Awaited<ReturnType<typeof startScriptedServer>>
  beforeAll(async () => {
    server = await startScriptedServer()
  })
  afterAll(() => server.close())

  const answer = (handler: (response: ServerResponse, request: IncomingMessage) => void) => {
    server.handle((request, response) => handler(response, request))
    return fetch(server.url)
  }

  it('is whole where it fits, also where a character arrives in pieces', async () => {
    const [first, second] = [Buffer.from('na\xc3', 'latin1'), Buffer.from('\xafve', 'latin1')]
    const response = await answer((out) => out.write(first, () => setImmediate(() => out.end(second))))
    expect(await readText(response, { maxBytes: 6 })).toEqual({ text: 'naïve', isWhole: true })
  })

  it('ends at the bound, and closes the connection', async () => {
    const closed = Promise.withResolvers<void>()
    const response = await answer((out) => {
      out.on('close', closed.resolve)
      const pour = () => {
        while (!out.destroyed && out.write(' '.repeat(65_536)));
      }
      out.on('drain', pour)
      pour()
    })
    const { text, isWhole } = await readText(response, { maxBytes: 1000 })
    expect([text.length, isWhole]).toEqual([1000, false])
    await closed.promise
  })

  it('is counted as it is after decompression, and costs no more than its bound', async () => {
    const before = process.memoryUsage().rss
    const response = await answer((out) => {
      out.writeHead(200, { 'content-encoding': 'gzip', 'content-length': bomb.length }).end(bomb)
    })
    const { text, isWhole } = await readText(response, { maxBytes: MEBIBYTE })
    expect([text.length, isWhole]).toEqual([MEBIBYTE, false])
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * MEBIBYTE)
  })

  it('throws where the body breaks off', async () => {
    const response = await answer((out, { socket }) => {
      out.writeHead(200, { 'content-length': 100 })
      out.write('half', () => setImmediate(() => socket.destroy()))
    })
    await expect(readText(response, { maxBytes: 1000 })).rejects.toThrow()
  })

  it('of an error is what has arrived where the body breaks off', async () => {
    const response = await answer((out, { socket }) => {
      out.writeHead(500, { 'content-length': 100 })
      out.write('half', () => setImmediate(() => socket.destroy()))
    })
    expect(await readErrorText(response)).toEqual({ text: 'half', isWhole: false })
  })

  it('of an error is its beginning where it is endless', async () => {
    const response = await answer((out) => {
      out.writeHead(500, { 'content-encoding': 'gzip', 'content-length': bomb.length }).end(bomb)
    })
    expect(await readErrorText(response)).toEqual({ text: ' '.repeat(16 * 1024), isWhole: false })
  })

  it('that never ends is waited for as long as the signal says', async () => {
    const stop = new AbortController()
    server.handle((_, out) => void out.write('slow'))
    const response = await fetch(server.url, { signal: stop.signal })
    const read = readText(response, { maxBytes: 1000 })
    stop.abort(new Error('late'))
    await expect(read).rejects.toThrow('late')
  })
})
