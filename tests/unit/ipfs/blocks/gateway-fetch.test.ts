import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fetchFromGateway } from '#lib/ipfs/blocks/gateway-fetch.ts'

async function startServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A gateway that redirects its own `/ipfs/…` to `location`, and counts what it is asked. */
async function startGateway(location: (origin: string) => string) {
  const asked: string[] = []
  const origin = await startServer((request, response) => {
    asked.push(request.url ?? '')
    if (request.url !== '/ipfs/cid') response.end('content')
    else response.writeHead(307, { location: location(origin) }).end()
  })
  return { url: `${origin}/ipfs/cid`, asked }
}

describe('a redirect of a gateway', () => {
  it('is followed on its own host', async () => {
    const { url } = await startGateway(() => '/elsewhere')
    expect(await (await fetchFromGateway(url, {})).text()).toBe('content')
  })

  it('is followed three times and no more', async () => {
    const { url, asked } = await startGateway(() => '/ipfs/cid')
    expect((await fetchFromGateway(url, {})).status).toBe(307)
    expect(asked).toHaveLength(4)
  })

  it('is not followed to another port of a private host', async () => {
    let calls = 0
    const inner = await startServer((_, response) => {
      calls += 1
      response.end('what only this network can reach')
    })
    const { url } = await startGateway(() => `${inner}/latest/meta-data`)
    expect((await fetchFromGateway(url, {})).status).toBe(307)
    expect(calls).toBe(0)
  })

  it('is not followed with a user name, not even on its own host', async () => {
    const { url, asked } = await startGateway((origin) => origin.replace('//', '//me:secret@'))
    expect((await fetchFromGateway(url, {})).status).toBe(307)
    expect(asked).toEqual(['/ipfs/cid'])
  })

  it.each([
    'https://127.0.0.1/',
    'https://localhost/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[fd00::1]/',
    'https://0/',
    'https://no-such-host.invalid/',
    'http://192.0.2.1/',
    'https://me:secret@203.0.113.1/',
    'ftp://203.0.113.1/',
    'file:///etc/passwd',
  ])('is not followed to %s', async (location) => {
    const { url } = await startGateway(() => location)
    expect((await fetchFromGateway(url, {})).status).toBe(307)
  })
})
