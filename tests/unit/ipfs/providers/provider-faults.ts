import { afterAll, beforeAll, expect, it } from 'vitest'
import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import { someContent } from '../content.ts'
import { afterBody, startScriptedServer } from './faulty-server.ts'
import { failureIn, gatewayUrl, noNote, now, type Subject } from './provider-subject.ts'

/** What every provider must do when the connection to the vendor fails. */
export function describeFaults({ create, holds }: Subject) {
  let server: Awaited<ReturnType<typeof startScriptedServer>>
  let provider: IpfsProvider
  let content: IpfsContent
  const signal = new AbortController().signal

  beforeAll(async () => {
    content = await someContent(1000)
    server = await startScriptedServer()
    provider = create({ baseUrl: server.url, gatewayUrl, now: () => now, onNote: noNote })
  })
  afterAll(() => server.close())

  it('may have stored the clip when the connection is reset', async () => {
    server.handle(afterBody((request) => request.socket.resetAndDestroy()))
    const error = await failureIn(provider.upload(content, { signal }))
    expect(error).toMatchObject({
      isRetryable: true,
      mayHaveStored: true,
      isUnreachable: false,
      statusCode: undefined,
    })
  })

  it('may have stored the clip when the answer breaks off', async () => {
    server.handle(
      afterBody((request, response) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write('{"', () => request.socket.destroy())
      }),
    )
    const error = await failureIn(provider.upload(content, { signal }))
    expect(error).toMatchObject({ isRetryable: true, mayHaveStored: true })
  })

  it('cannot have stored the clip when the connection is refused', async () => {
    const gone = await startScriptedServer()
    await gone.close()
    const unreachable = create({ baseUrl: gone.url, gatewayUrl, now: () => now, onNote: noNote })
    const error = await failureIn(unreachable.upload(content, { signal }))
    expect(error).toMatchObject({ isRetryable: true, mayHaveStored: false, isUnreachable: true })
    expect(error.message).toContain('ECONNREFUSED')
  })

  it('rejects an upload that is never answered once the signal aborts', async () => {
    const abort = new AbortController()
    const reason = new Error('time is up')
    server.handle(afterBody(() => abort.abort(reason)))
    await expect(provider.upload(content, { signal: abort.signal })).rejects.toBe(reason)
  })

  it('rejects an upload whose answer never ends once the signal aborts', async () => {
    const abort = new AbortController()
    const reason = new Error('time is up')
    server.handle(
      afterBody((_, response) =>
        response.writeHead(200).write('{', () => setImmediate(() => abort.abort(reason))),
      ),
    )
    await expect(provider.upload(content, { signal: abort.signal })).rejects.toBe(reason)
  })

  it('rejects a lookup that is never answered once the signal aborts', async () => {
    const abort = new AbortController()
    const reason = new Error('time is up')
    server.handle(afterBody(() => abort.abort(reason)))
    await expect(provider.holds(content.cid, { signal: abort.signal })).rejects.toBe(reason)
  })

  it('sends the length of the body, and not in chunks', async () => {
    let headers: Record<string, unknown> = {}
    server.handle(
      afterBody((request, response) => {
        headers = request.headers
        response.writeHead(500).end()
      }),
    )
    await failureIn(provider.upload(content, { signal }))
    expect(Number(headers['content-length'])).toBeGreaterThan(1000)
    expect(headers).not.toHaveProperty('transfer-encoding')
  })

  it(`looks a clip up with ${holds.method.toUpperCase()}`, async () => {
    let asked = ''
    server.handle(
      afterBody((request, response) => {
        asked = `${request.method} ${request.url}`
        response.writeHead(500).end()
      }),
    )
    await failureIn(provider.holds(content.cid, { signal }))
    expect(asked).toContain(`${holds.method.toUpperCase()} ${holds.path.replace(/:cid$/, '')}`)
    expect(asked).toContain(content.cid)
  })
}
