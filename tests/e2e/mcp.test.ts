import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge, signingEnvironment, testCertificate } from '../support/c2pa.ts'
import { independentCid } from '../support/content-id.ts'
import type { Json } from '../support/json.ts'
import { cleanUpServices, type Service, startService } from '../support/service.ts'

const KEY = 'key-of-an-agent-1'
const OTHER_KEY = 'key-of-an-agent-2'
const BUSY_KEY = 'key-of-an-agent-3'
const ORIGIN = 'https://agents.example'
let service: Service

beforeAll(async () => {
  service = await startService({
    environment: {
      SPEECH_PROVIDER: 'local',
      IPFS_PROVIDERS: 'embedded',
      VOCALIZE_API_KEYS: `${KEY},${OTHER_KEY},${BUSY_KEY}`,
      RATE_LIMIT_PER_MINUTE: '20',
      CORS_ALLOWED_ORIGINS: `${ORIGIN}`,
      MAX_TEXT_LENGTH: '200',
      REUSE: 'on',
      ...(await signingEnvironment()),
    },
  })
})
afterAll(cleanUpServices)

/** A client that has introduced itself; `versions` are those that it negotiates. */
async function connect(key = KEY, versionNegotiation?: { mode: 'legacy' | 'auto' }): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, versionNegotiation && { versionNegotiation })
  const requestInit = { headers: { authorization: `Bearer ${key}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', service.baseUrl), { requestInit }))
  return client
}

const call = async (client: Client, name: string, args: object = {}) =>
  (await client.callTool({ name, arguments: args as Record<string, unknown> })) as Json

const message = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }
const post = (headers: Record<string, string>, body: unknown = message) =>
  service.fetch('/mcp', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${KEY}`,
      ...headers,
    },
    body: JSON.stringify(body),
  })

describe.each(['auto', 'legacy'] as const)('a conversation over MCP by the official client (%s)', (mode) => {
  it('ends with a clip that is verified from the link alone', async () => {
    const client = await connect(KEY, { mode })
    const version = mode === 'auto' ? '2026-07-28' : '2025-11-25'
    expect(client.getNegotiatedProtocolVersion()).toBe(version)
    expect(client.getServerVersion()).toMatchObject({ name: 'voicepin' })
    expect(client.getInstructions()).toContain('list_voices')
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(['speak', 'list_voices', 'get_clip', 'verify_clip'])
    for (const { description, inputSchema, outputSchema } of tools) {
      expect(description?.length).toBeGreaterThan(30)
      expect(inputSchema.type).toBe('object')
      expect(outputSchema?.type).toBe('object')
    }

    const { voices } = (await call(client, 'list_voices')).structuredContent
    expect(voices.map(({ id }: Json) => id)).toContain('slt')

    const text = `Spoken for an agent, ${mode}.`
    const spoken = await call(client, 'speak', { text, voiceId: 'slt' })
    const { id, cid, audioUrl, bytes } = spoken.structuredContent
    expect(spoken.content[0]).toEqual({
      type: 'resource_link',
      uri: `${service.baseUrl}/ipfs/${cid}?filename=${id}.mp3`,
      name: id,
      mimeType: 'audio/mpeg',
      size: bytes,
      description: expect.stringContaining(`CID ${cid}`),
    })
    expect(JSON.parse(spoken.content[1].text)).toEqual(spoken.structuredContent)
    expect(spoken.content).toHaveLength(2)

    // All that is used from here on is the link.
    const link: string = spoken.content[0].uri
    const audio = await (await fetch(link)).bytes()
    expect(new URL(link).pathname).toBe(`/ipfs/${await independentCid(audio)}`)

    const verdict = await call(client, 'verify_clip', { clip: link })
    expect(verdict.structuredContent).toEqual({
      isVerified: true,
      readFrom: 'embedded',
      failures: [],
      id,
      audioUrl,
      cid,
      bytes: audio.length,
    })
    const described = await call(client, 'get_clip', { clip: `ipfs://${cid}` })
    expect(described.structuredContent).toMatchObject({ id, cid, state: 'stored', permanentUrl: link })
    await client.close()
  })
})

describe('the tools of MCP', () => {
  it.each([
    ['audio/mpeg', undefined],
    ['audio/wav', 'wav_24000'],
  ])('speak what says itself that a machine has made it, for c2pa-rs: %s', async (mimeType, outputFormat) => {
    const client = await connect(OTHER_KEY)
    const spoken = await call(client, 'speak', { text: 'I am no human being.', voiceId: 'slt', outputFormat })
    expect(spoken.structuredContent).toMatchObject({ contentCredentials: true, mimeType })
    const audio = await (await fetch(spoken.structuredContent.audioUrl)).bytes()
    const { root } = await testCertificate()
    expect(await judge(mimeType, audio, root)).toMatchObject({ state: 'Trusted', failures: [] })
    audio[audio.length - 1000] = (audio.at(-1000) ?? 0) ^ 1
    expect((await judge(mimeType, audio, root)).state).toBe('Invalid')
    await client.close()
  })

  it('speak the same call once, and another under the same key of idempotency not at all', async () => {
    const client = await connect(OTHER_KEY)
    const asked = { text: 'Once and only once.', voiceId: 'slt', reuse: false, idempotencyKey: 'once' }
    const first = (await call(client, 'speak', asked)).structuredContent
    const again = (await call(client, 'speak', asked)).structuredContent
    expect(again.id).toBe(first.id)
    const other = await call(client, 'speak', { ...asked, text: 'Something else.' })
    expect(other.isError).toBe(true)
    expect(other.content[0].text).toMatch(/^idempotency_key_reused: /)
  })

  it('note what their caller notes, for that key alone', async () => {
    const client = await connect(OTHER_KEY)
    const notes = { label: 'episode-12', metadata: { episode: 12 } }
    const { id } = (await call(client, 'speak', { text: 'With a note.', voiceId: 'slt', ...notes }))
      .structuredContent
    expect((await call(client, 'get_clip', { clip: id })).structuredContent).toMatchObject(notes)
    const other = (await call(await connect(KEY), 'get_clip', { clip: id })).structuredContent
    expect([other.id, other.label, other.metadata]).toEqual([id, undefined, undefined])
    const deleted = await service.fetch(`/api/clips/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${OTHER_KEY}` },
    })
    expect(deleted.ok).toBe(true)
    const gone = await call(client, 'verify_clip', { clip: id })
    expect([gone.isError, gone.content[0].text]).toEqual([true, expect.stringMatching(/^deleted: /)])
    await client.close()
  })

  it('say what was wrong in words, and what is right', async () => {
    const client = await connect(OTHER_KEY)
    const long = await call(client, 'speak', { text: 'x'.repeat(201) })
    expect([long.isError, long.content[0].text]).toEqual([true, expect.stringContaining('at most 200')])
    const unknown = await call(client, 'get_clip', {
      clip: 'bafkreiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    })
    expect([unknown.isError, unknown.content[0].text]).toEqual([true, expect.stringMatching(/^not_found: /)])
  })

  it('count against the rate limit of the key, and say when to come back', async () => {
    const client = await connect(BUSY_KEY)
    let last: Json = {}
    for (let calls = 0; calls < 21 && !last.isError; calls++) last = await call(client, 'list_voices')
    expect(last.content[0].text).toMatch(/^rate_limited: .* Try again in \d+ seconds\.$/)
    await client.close()
  })
})

describe('POST /mcp', () => {
  it('wants one of VOCALIZE_API_KEYS', async () => {
    const wrong = await post({ authorization: 'Bearer wrong' })
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('Bearer'),
    ])
    await expect(connect('wrong')).rejects.toThrow()
  })

  it('refuses pages of other origins, and of this host by whatever name it has', async () => {
    const { host, port } = new URL(service.baseUrl)
    const statuses = async (origins: string[]) =>
      Promise.all(origins.map(async (origin) => (await post({ origin })).status))
    expect(
      await statuses(['https://evil.example', `http://evil.example:${port}`, 'null', 'http://127.0.0.1:1']),
    ).toEqual(Array(4).fill(403))
    expect(await statuses([`http://${host}`, ORIGIN])).toEqual([200, 200])
  })

  it('has no sessions and no streams: other methods are refused', async () => {
    const headers = { authorization: `Bearer ${KEY}`, accept: 'text/event-stream' }
    for (const method of ['GET', 'DELETE']) {
      expect((await service.fetch('/mcp', { method, headers })).status).toBe(405)
    }
  })

  it('says in its headers what is left of the rate limit', async () => {
    const listing = { ...message, method: 'tools/call', params: { name: 'list_voices', arguments: {} } }
    const response = await post({}, listing)
    expect(response.headers.get('ratelimit')).toMatch(/r=\d+/)
    expect(await response.text()).toContain('"slt"')
  })

  it('answers a message that is too large or no JSON with an error and goes on', async () => {
    expect((await post({}, { ...message, params: { text: 'x'.repeat(70_000) } })).status).toBe(413)
    const broken = await service.fetch('/mcp', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${KEY}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: '{',
    })
    expect([broken.status, (await broken.json()).error.code]).toEqual([400, -32700])
  })
})

describe('what programs read', () => {
  it('is /llms.txt with links that all open, and /llms-full.txt with all of it', async () => {
    const index = await service.fetch('/llms.txt')
    expect(index.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    const text = await index.text()
    expect(text).toMatch(/^# Voicepin\n\n> /)
    const links = Array.from(text.matchAll(/\]\((\/[^)]*)\)/g), ([, link = '']) => link)
    expect(links.length).toBeGreaterThan(10)
    for (const link of links) {
      const response = await service.fetch(link, { headers: { authorization: `Bearer ${KEY}` } })
      expect([link, response.status]).toEqual([link, 200])
    }
    const full = await (await service.fetch('/llms-full.txt')).text()
    for (const title of Array.from(text.matchAll(/\[([^\]]+)\]\(\/docs\/.+\.md\)/g), ([, title]) => title)) {
      expect(full).toContain(`# ${title}`)
    }
  })
})
