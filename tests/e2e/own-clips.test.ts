import { afterAll, describe, expect, it } from 'vitest'
import type { Json } from '../support/json.ts'
import { ADMIN_KEY, quick } from '../support/operator.ts'
import { until } from '../support/until.ts'
import { startWebhookReceiver, WEBHOOK_SECRET } from '../support/webhook-receiver.ts'
import { useWorld } from '../support/world.ts'

const ALICE = 'key-of-alice-0123456789'
const BOB = 'key-of-bob-0123456789ab'
const receiver = await startWebhookReceiver()
afterAll(() => receiver.close())

const world = useWorld({
  // The built-in voice gives the same bytes for the same text.
  vendors: ['pinata', 'filebase', 'kubo'],
  environment: {
    ...quick,
    VOCALIZE_API_KEYS: `${ALICE},${BOB}`,
    IPFS_PROVIDERS: 'pinata,filebase,kubo',
    IPFS_REPLICAS: '3',
    WEBHOOK_URL: receiver.url,
    WEBHOOK_SECRET,
  },
})

const as = (key: string) => ({ authorization: `Bearer ${key}` })

async function call(path: string, key?: string, init: RequestInit = {}) {
  const response = await world.service.fetch(path, { ...init, headers: key ? as(key) : {} })
  const text = await response.text()
  return { status: response.status, body: (text.startsWith('{') ? JSON.parse(text) : text) as Json }
}

const remove = (id: string, key?: string) => call(`/api/clips/${id}`, key, { method: 'DELETE' })

let texts = 0
async function speak(key: string, more = {}) {
  texts += 1
  const { status, body } = await world.service.vocalize(
    { text: `Text number ${texts} of this file`, voiceId: 'slt', ...more },
    as(key),
  )
  expect(status).toBe(200)
  return body.data
}

async function holders(cid: string) {
  const names = ['pinata', 'filebase', 'kubo'] as const
  const held = await Promise.all(names.map((name) => world.vendors.content(name, cid)))
  return names.filter((_, index) => held[index])
}

describe('the clips of a key', () => {
  it('are listed for it alone, page by page, with what it has noted', async () => {
    const made = []
    for (const number of [1, 2, 3])
      made.push(await speak(ALICE, { label: number === 2 ? 'two' : 'other', metadata: { number } }))
    await speak(BOB, { label: 'two' })
    expect(made[0]).toMatchObject({ label: 'other', metadata: { number: 1 } })
    const page = await call('/api/clips?limit=2', ALICE)
    expect(page.body.data.clips.map(({ id }: Json) => id)).toEqual([made[2].id, made[1].id])
    const rest = await call(`/api/clips?limit=2&cursor=${page.body.data.nextCursor}`, ALICE)
    expect(rest.body.data).toMatchObject({ clips: [{ id: made[0].id, metadata: { number: 1 } }] })
    expect(rest.body.data.nextCursor).toBeUndefined()
    const labelled = await call('/api/clips?label=two&state=stored', ALICE)
    expect(labelled.body.data.clips).toMatchObject([{ id: made[1].id, label: 'two' }])
    const all = await call('/api/clips', ADMIN_KEY)
    expect(all.body.data.clips).toHaveLength(4)
    expect(await call('/api/clips')).toMatchObject({ status: 401 })
    expect(await call('/api/clips?state=odd', ALICE)).toMatchObject({ status: 400 })
    expect(await call('/api/clips?cursor=odd', ALICE)).toMatchObject({ status: 400 })
  })

  it('show what is noted about them to nobody else', async () => {
    const { id, cid } = await speak(ALICE, { label: 'a secret label', metadata: { note: 'a secret note' } })
    expect((await call(`/api/clips/${id}`, ALICE)).body.data).toMatchObject({ label: 'a secret label' })
    for (const key of [undefined, BOB, 'a wrong key']) {
      const { status, body } = await call(`/api/clips/${id}`, key)
      expect(status).toBe(200)
      expect(JSON.stringify(body)).not.toContain('secret')
    }
    const sent = JSON.stringify(await world.vendors.requests())
    expect(sent).not.toContain('secret')
    expect(Buffer.from((await world.vendors.content('pinata', cid)) ?? []).includes('secret')).toBe(false)
    expect(world.service.output).not.toContain('a secret')
  })

  it.each([
    [{ label: '' }, 'label'],
    [{ label: 'x'.repeat(101) }, 'label'],
    [{ label: 'two\nlines' }, 'label'],
    [{ metadata: { deep: { er: 1 } } }, 'metadata.deep'],
    [{ metadata: { long: 'x'.repeat(501) } }, 'metadata.long'],
    [{ metadata: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`k${n}`, n])) }, 'metadata'],
  ])('take no notes out of bounds: %j', async (notes, path) => {
    const { status, body } = await world.service.vocalize({ text: 'Hi', voiceId: 'slt', ...notes }, as(ALICE))
    expect(status).toBe(400)
    expect(body.errors[0].path).toBe(path)
  })
})

describe('a deletion', () => {
  it('is for the key that made the clip, and for the operator', async () => {
    const { id } = await speak(ALICE)
    expect(await remove(id)).toMatchObject({ status: 401 })
    expect(await remove(id, 'a wrong key')).toMatchObject({ status: 401 })
    expect(await remove(id, BOB)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    expect(await remove('0'.repeat(32), ALICE)).toMatchObject({ status: 404 })
    expect((await call(`/api/clips/${id}`)).status).toBe(200)
    // 202 while a replica is being uploaded.
    const { status, body } = await remove(id, ADMIN_KEY)
    expect([200, 202]).toContain(status)
    expect(body.data).toMatchObject({ by: 'operator' })
  })

  it('reaches three providers, of which one is down for a while, and says so', async () => {
    const { id, cid, audioUrl } = await speak(ALICE, { label: 'to be deleted' })
    await until('three providers that hold it', async () => (await holders(cid)).length === 3)
    await world.vendors.always('filebase', { kind: 'status', status: 503, scope: 'all' })
    const first = await remove(id, ALICE)
    expect(first).toMatchObject({ status: 202, body: { data: { id, cid, state: 'deleting', by: 'maker' } } })
    const byName = Object.fromEntries(
      first.body.data.providers.map(({ provider, ...rest }: Json) => [provider, rest]),
    )
    expect(byName).toMatchObject({
      pinata: { outcome: 'unpinned' },
      kubo: { outcome: 'unpinned' },
      filebase: { outcome: 'waiting', error: expect.stringContaining('503') },
    })
    expect(first.body.data.note).toContain('Others may hold copies')
    expect(await holders(cid)).toEqual(['filebase'])
    // From the first answer on it is served nowhere.
    const paths = [
      `/api/clips/${id}`,
      `/api/clips/${id}/events`,
      `/api/clips/${id}/captions.vtt`,
      `/api/temp-audio/${id}`,
      `/ipfs/${cid}`,
      `/ipfs/${cid}?format=car`,
    ]
    for (const path of paths) {
      const { status, body } = await call(path, ALICE)
      expect([path, status, body.code]).toEqual([path, 410, 'deleted'])
      expect(body.detail).toContain('deleted')
    }
    expect((await world.service.fetch(`/api/temp-audio/${id}`, { method: 'HEAD' })).status).toBe(410)
    expect(audioUrl).toContain(cid)
    const listed = await call('/api/clips?state=deleted', ALICE)
    expect(listed.body.data.clips).toContainEqual(
      expect.objectContaining({ id, deletion: expect.objectContaining({ state: 'deleting' }) }),
    )
    expect(JSON.stringify(listed.body)).not.toContain('to be deleted')

    await world.vendors.heal('filebase')
    await until('nobody who holds it', async () => {
      await remove(id, ALICE)
      return (await holders(cid)).length === 0
    })
    await until('the end of the deletion', async () => (await remove(id, ALICE)).status === 200)
    const { data } = await until('the webhook', () => {
      const messages = receiver.received.map(({ message }) => message)
      return messages.find((message) => message?.type === 'clip.deleted' && message.data.id === id)
    })
    expect(data).toMatchObject({ cid, by: 'maker' })
    expect(data.providers.map(({ outcome }: Json) => outcome)).toEqual(Array(3).fill('unpinned'))
  })

  it('leaves content that another key has too, until that is deleted as well', async () => {
    const same = { text: 'The very same words' }
    const [ours, theirs] = [await speak(ALICE, same), await speak(BOB, same)]
    expect(theirs.cid).toBe(ours.cid)
    await until('three providers that hold it', async () => (await holders(ours.cid)).length === 3)
    const first = await remove(ours.id, ALICE)
    expect(first).toMatchObject({ status: 200 })
    expect(new Set(first.body.data.providers.map(({ outcome }: Json) => outcome))).toEqual(
      new Set(['shared']),
    )
    expect(await holders(ours.cid)).toHaveLength(3)
    expect((await call(`/api/clips/${theirs.id}`)).status).toBe(200)
    expect((await world.service.fetch(`/ipfs/${ours.cid}`)).status).toBe(200)
    expect((await call(`/api/clips/${ours.id}`)).status).toBe(410)
    expect(await remove(theirs.id, BOB)).toMatchObject({ status: 200 })
    expect(await holders(ours.cid)).toEqual([])
    expect((await call(`/ipfs/${ours.cid}`)).status).toBe(410)
  })

  it('outlives a crash right behind the answer', async () => {
    const { id, cid } = await speak(ALICE)
    await until('three providers that hold it', async () => (await holders(cid)).length === 3)
    await world.vendors.always('kubo', { kind: 'status', status: 503, scope: 'all' })
    expect((await remove(id, ALICE)).status).toBe(202)
    await world.service.kill()
    await world.vendors.heal('kubo')
    await world.service.restart()
    expect((await call(`/api/temp-audio/${id}`)).status).toBe(410)
    await until('nobody who holds it', async () => {
      await remove(id, ADMIN_KEY)
      return (await holders(cid)).length === 0
    })
  })
})

describe('the export', () => {
  it('has every record as a line, and is for the operator alone', async () => {
    const { id } = await speak(ALICE, { label: 'exported' })
    expect((await call('/api/admin/export')).status).toBe(401)
    expect((await call('/api/admin/export', ALICE)).status).toBe(401)
    const response = await world.service.fetch('/api/admin/export', { headers: as(ADMIN_KEY) })
    expect(response.headers.get('content-type')).toContain('application/jsonl')
    const lines = (await response.text()).trimEnd().split('\n')
    const records = lines.map((line) => JSON.parse(line))
    expect(records.at(-1)).toEqual({ type: 'end', records: records.length - 1 })
    expect(records.find(({ type, record }) => type === 'clip' && record.id === id)).toMatchObject({
      record: { label: 'exported', characters: expect.any(Number) },
    })
    expect(records.some(({ type }) => type === 'deletion')).toBe(true)
    expect(lines.join()).not.toContain(ALICE)
  })
})
