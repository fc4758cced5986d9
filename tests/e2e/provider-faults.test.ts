import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { impatient, pathOf, quick, retryIpfs } from '../support/operator.ts'
import type { Fault, RecordedRequest } from '../support/stub-vendors.ts'
import { statusFault } from '../support/stub-vendors.ts'
import { until } from '../support/until.ts'
import { waitsBetween } from '../support/waits-between.ts'
import { useWorld } from '../support/world.ts'

const DEADLINE_MS = Number(impatient.UPLOAD_DEADLINE_MS)
// What a busy machine may add to a time.
const SLACK_MS = 500

describe('a provider that fails', () => {
  const world = useWorld({ vendors: ['elevenlabs', 'pinata', 'kubo'], environment: quick })
  beforeEach(() => world.mark())
  afterEach(() => world.recover())

  it('is replaced by the next one while it waits for its next try', async () => {
    await world.vendors.always('pinata', statusFault(503))
    const { body } = await world.service.vocalize()
    expect(body.data).toMatchObject({ isTemporary: false, provider: 'kubo' })
    expect(await world.uploads('kubo')).toHaveLength(1)
  })

  it.each<[string, Fault, number?]>([
    // A refusal of the CAR is followed by the plain file in the same try.
    ['400', statusFault(400), 2],
    ['401', statusFault(401)],
    ['403', statusFault(403), 2],
    ['413', statusFault(413)],
    ['413 before it has read the body', statusFault(413, { isEarly: true })],
    ['another CID', { kind: 'wrong-cid' }],
    ['429 and a Retry-After beyond the deadline', statusFault(429, { retryAfterSeconds: 60 })],
  ])('with %s is tried once, and the next one takes the clip', async (_, fault, requests = 1) => {
    await world.vendors.always('pinata', fault)
    const { body, elapsedMs } = await world.service.vocalize()
    expect(body.data).toMatchObject({ isTemporary: false, provider: 'kubo' })
    expect(await world.uploads('pinata')).toHaveLength(requests)
    expect(elapsedMs).toBeLessThan(DEADLINE_MS)
  })

  it('is left alone while its door is closed, and the next one takes the clip', async () => {
    await world.vendors.always('pinata', { kind: 'refused' })
    const { body } = await world.service.vocalize()
    expect(body.data).toMatchObject({ isTemporary: false, provider: 'kubo' })
  })
})

describe('a provider that fails and is the only one', () => {
  const world = useWorld({ vendors: ['elevenlabs', 'pinata'], environment: impatient })
  beforeEach(() => world.mark())
  afterEach(() => world.recover())

  it.each<[string, Fault]>([
    ['500', statusFault(500)],
    ['503', statusFault(503)],
    ['429 without Retry-After', statusFault(429)],
    ['a reset before the body', { kind: 'reset-before-body' }],
    ['a reset in the middle of the body', { kind: 'reset-mid-body' }],
    ['an empty body', { kind: 'empty-body' }],
    ['HTML', { kind: 'html' }],
    ['JSON of another kind', { kind: 'json' }],
  ])(
    'with %s is tried four times, with the listed waits, then the caller gets the temporary URL',
    async (_, fault) => {
      await world.vendors.always('pinata', fault)
      const { body, elapsedMs } = await world.service.vocalize()
      expect(body.data).toMatchObject({ isTemporary: true })
      const tries = await world.uploads('pinata')
      expect(tries).toHaveLength(4)
      const waits = waitsBetween(tries)
      for (const [index, listed] of [20, 40, 80].entries()) {
        // Clocks count whole milliseconds.
        expect(waits[index]).toBeGreaterThanOrEqual(listed - 1)
      }
      expect(elapsedMs).toBeLessThan(DEADLINE_MS + SLACK_MS)
    },
  )

  it.each([
    ['seconds', false],
    ['a date', true],
  ])('with 429 and a Retry-After in %s gets that time, then takes the clip', async (_, isRetryAfterDate) => {
    // A date is cut to whole seconds by HTTP itself: it may ask for up to a second more.
    const retryAfterSeconds = isRetryAfterDate ? 0 : 1
    await world.vendors.next('pinata', statusFault(429, { retryAfterSeconds, isRetryAfterDate }))
    const { body } = await world.service.vocalize()
    expect(body.data).toMatchObject({ isTemporary: false, provider: 'pinata' })
    const tries = await world.uploads('pinata')
    expect(tries).toHaveLength(2)
    const [limited, accepted] = tries as [RecordedRequest, RecordedRequest]
    const askedUntil = isRetryAfterDate
      ? Math.ceil((limited.endedAt ?? 0) / 1000) * 1000
      : (limited.endedAt ?? 0) + 1000
    expect(accepted.startedAt).toBeGreaterThanOrEqual(
      Math.min(askedUntil, (limited.endedAt ?? 0) + 1000) - 50,
    )
  })

  it.each<[string, Fault]>([
    ['a reset', { kind: 'reset-after-storing' }],
    ['a reset in the middle of the answer', { kind: 'reset-mid-answer' }],
    ['an answer cut short', { kind: 'truncated-json' }],
    ['a hang', { kind: 'hang-after-storing' }],
    ['a slow drip', { kind: 'slow-drip' }],
  ])(
    'that has stored the clip, with %s in place of an answer, is recognised as holding it: nothing is doubled',
    async (_, fault) => {
      await world.vendors.next('pinata', fault)
      const { body } = await world.service.vocalize()
      expect(body.data).toMatchObject({ isTemporary: false, provider: 'pinata' })
      const held = await world.vendors.holdings('pinata')
      expect(held.find(({ cid }) => cid === body.data.cid)?.uploads).toBe(1)
    },
  )
})

describe('a provider that hangs and is the only one', () => {
  // The first try is still under way when the caller is answered.
  const environment = { ...impatient, IPFS_ATTEMPT_TIMEOUT_MS: '3000' }
  const world = useWorld({ vendors: ['elevenlabs', 'pinata'], environment })

  it('takes the clip by a later try, after the caller got the temporary URL at the deadline', async () => {
    // The first request of a process takes longer.
    await world.service.vocalize()
    await world.vendors.always('pinata', { kind: 'hang' })
    const { body, elapsedMs } = await world.service.vocalize()
    expect(elapsedMs).toBeGreaterThan(DEADLINE_MS - 50)
    expect(elapsedMs).toBeLessThan(DEADLINE_MS + SLACK_MS)
    expect(body.data.isTemporary).toBe(true)
    expect(body.data).not.toHaveProperty('ipfsHash')
    await world.vendors.heal()
    const path = pathOf(body.data.audioUrl)
    const link = await until('the permanent URL', async () => {
      const response = await world.service.fetch(path, { method: 'HEAD' })
      return response.headers.get('link')
    })
    expect(link).toContain(`/ipfs/${body.data.cid}?filename=`)
    const uploads = await world.vendors.holdings('pinata')
    expect(uploads.filter(({ cid }) => cid === body.data.cid)).toMatchObject([{ uploads: 1 }])
  })
})

describe('when every provider fails', () => {
  const world = useWorld({ vendors: ['elevenlabs', 'pinata', 'kubo'], environment: impatient })
  beforeEach(() => world.mark())
  afterEach(() => world.recover())

  async function breakAll(fault: Fault = statusFault(500)) {
    await world.vendors.always('pinata', fault)
    await world.vendors.always('kubo', fault)
  }

  it('the caller gets the temporary URL, exactly as the contract has it', async () => {
    await breakAll(statusFault(401))
    const before = Date.now()
    const { status, body } = await world.service.vocalize({ text: 'Kept for now', voiceId: 'slt' })
    expect(status).toBe(200)
    expect(body).toEqual({
      success: true,
      data: {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        audioUrl: `${world.service.baseUrl}/api/temp-audio/${body.data.id}`,
        pageUrl: `${world.service.baseUrl}/c/${body.data.id}`,
        cid: expect.stringMatching(/^bafk/),
        isTemporary: true,
        expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        note: 'Audio is temporarily stored. IPFS upload will be retried in background.',
        mimeType: 'audio/mpeg',
        bytes: expect.any(Number),
        durationMs: expect.any(Number),
        characters: 12,
        spokenBy: { vendor: 'elevenlabs', voiceId: 'slt', modelId: 'eleven_multilingual_v2' },
        contentCredentials: false,
      },
    })
    const lifeMs = Date.parse(body.data.expiresAt) - before
    expect(lifeMs).toBeGreaterThanOrEqual(3_600_000 - 1)
    expect(lifeMs).toBeLessThan(3_600_000 + 5000)
  })

  it('the fixed lines are logged with request id and clip id', async () => {
    await breakAll(statusFault(403))
    const { body, headers } = await world.service.vocalize()
    const { id } = body.data
    await world.service.waitForLog(`📁 Audio stored temporarily: ${id}`)
    const about = world.service.log.filter(({ clipId }) => clipId === id)
    expect(about.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining([
        '🚨 All IPFS upload attempts failed',
        `📁 Audio stored temporarily: ${id}`,
        '🔄 Will retry IPFS upload in background',
      ]),
    )
    for (const line of about) expect(line.requestId).toBe(headers.get('x-request-id'))
  })

  it('the operator’s call uploads what is pending once they are back', async () => {
    await breakAll(statusFault(401))
    const answers = await Promise.all([1, 2, 3].map(() => world.service.vocalize()))
    const stillFailing = await retryIpfs(world.service)
    expect(stillFailing.body).toMatchObject({ success: true, successCount: 0 })
    expect(stillFailing.body.failureCount).toBeGreaterThan(0)
    expect(stillFailing.body.remaining).toBeGreaterThan(0)
    expect(stillFailing.body.results[0]).toEqual({
      id: expect.any(String),
      status: 'failed',
      error: expect.stringContaining('401'),
      attempts: expect.any(Number),
    })
    await world.vendors.heal()
    const { body } = await retryIpfs(world.service)
    expect(body).toMatchObject({
      success: true,
      processed: 3,
      successCount: 3,
      failureCount: 0,
      remaining: 0,
    })
    for (const answer of answers) {
      const { id, cid } = answer.body.data
      expect(body.results).toContainEqual({
        id,
        status: 'success',
        ipfsHash: cid,
        provider: 'pinata',
        url: `${world.vendors.urls.pinata}/ipfs/${cid}?filename=${id}.mp3`,
      })
    }
  })
})
