import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quick } from '../support/operator.ts'
import { freePort } from '../support/servers/free-port.ts'
import { type Service, startInVain, startService } from '../support/service.ts'
import { environmentFor, statusFault } from '../support/stub-vendors.ts'
import { until } from '../support/until.ts'
import { startWebhookReceiver, WEBHOOK_SECRET, type WebhookReceiver } from '../support/webhook-receiver.ts'
import { useVendors } from '../support/world.ts'

const world = useVendors()
let receiver: WebhookReceiver
let service: Service
beforeAll(async () => {
  receiver = await startWebhookReceiver()
  service = await startService({ environment: environment() })
})
afterAll(() => receiver?.close())

const environment = (changes = {}) => ({
  ...quick,
  ...environmentFor(world.vendors),
  REUSE: 'off',
  WEBHOOK_URL: receiver.url,
  WEBHOOK_SECRET,
  ...changes,
})

describe('WEBHOOK_URL', () => {
  it('is told of a stored clip at once, in a message that the package’s own verifier takes', async () => {
    const { body } = await service.vocalize()
    const { id, cid, audioUrl, bytes, durationMs } = body.data
    const [webhook] = await receiver.waitFor(id, 1000)
    expect(webhook?.message).toMatchObject({
      type: 'clip.stored',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      data: { id, cid, ipfsHash: cid, provider: 'pinata', permanentUrl: audioUrl, bytes, durationMs },
    })
  })

  it('is told of a script once its clip is stored', async () => {
    const body = JSON.stringify({
      turns: [{ text: 'Knock, knock.' }, { text: 'Who is there?' }],
      voiceId: 'George',
    })
    const sent = await service.fetch('/api/scripts', { method: 'POST', body })
    const { id: scriptId } = (await sent.json()).data
    const { message } = await until('the webhook', () =>
      receiver.received.find(({ message }) => message.data.scriptId === scriptId),
    )
    const { clip } = (await (await service.fetch(`/api/scripts/${scriptId}`)).json()).data
    const { id, cid, bytes, durationMs } = clip
    expect(message).toMatchObject({ type: 'script.stored', data: { id, cid, bytes, durationMs, pieces: 2 } })
  })

  it('is told again under the same id until it listens', async () => {
    receiver.answerNext(500, 302)
    const from = receiver.received.length
    const { body } = await service.vocalize()
    await receiver.waitFor(body.data.id, 20_000)
    const tries = receiver.received.slice(from)
    expect(tries.map(({ status }) => status)).toEqual([500, 302, 204])
    expect(new Set(tries.map(({ id }) => id)).size).toBe(1)
    await sleep(2000)
    expect(receiver.received).toHaveLength(from + 3)
  })

  it.each([
    ['at the gateway of its provider', { IPFS_GATEWAY_URL: 'self' }, /^http.*\/ipfs\/baf/, undefined],
    ['as a path, where only this service has it', { IPFS_PROVIDERS: 'embedded' }, undefined, /^\/ipfs\/baf/],
  ])(
    'gets the address of a stored clip %s without PUBLIC_BASE_URL, and the start warns',
    async (_, settings, url, path) => {
      const service = await startService({ environment: environment(settings) })
      expect(service.output).toContain('WEBHOOK_URL is set without PUBLIC_BASE_URL')
      const { body } = await service.vocalize()
      const [webhook] = await receiver.waitFor(body.data.id)
      const { permanentUrl, permanentPath } = webhook?.message.data ?? {}
      expect(permanentUrl).toEqual(url ? expect.stringMatching(url) : null)
      expect(permanentPath).toEqual(path && expect.stringMatching(path))
      await service.stop()
    },
  )

  it('is told of a clip that expired', async () => {
    await world.vendors.always('pinata', statusFault(401))
    const service = await startService({
      environment: environment({ TEMP_AUDIO_TTL_SECONDS: '1', CLEANUP_INTERVAL_SECONDS: '1' }),
    })
    const { body } = await service.vocalize()
    const [webhook] = await receiver.waitFor(body.data.id)
    expect(webhook?.message).toMatchObject({ type: 'clip.expired', data: { cid: body.data.cid } })
    expect(webhook?.message.data.error).toContain('pinata')
    await world.vendors.heal()
    await service.stop()
  })

  it('is told after a crash what it could not be told before', async () => {
    const port = await freePort()
    const service = await startService({
      environment: environment({ WEBHOOK_URL: `http://127.0.0.1:${port}/hook` }),
    })
    const { body } = await service.vocalize()
    await service.waitForLog('A webhook did not get through')
    await service.kill()
    const listening = await startWebhookReceiver(port)
    await service.restart()
    const [webhook] = await listening.waitFor(body.data.id, 40_000)
    expect(webhook?.message.type).toBe('clip.stored')
    await service.stop()
    listening.close()
  })

  it('is told once of each clip, however many processes share the catalog', async () => {
    const { directory } = service
    const other = await startService({ directory, environment: environment() })
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => (index % 2 ? service : other).vocalize()),
    )
    const told = await Promise.all(answers.map((answer) => receiver.waitFor(answer.body.data.id)))
    await sleep(1500)
    expect(told.flat()).toHaveLength(30)
    await other.stop()
  })
})

it.each([
  [{ WEBHOOK_URL: 'https://app.example/hook' }, 'WEBHOOK_SECRET: got nothing'],
  [
    { WEBHOOK_URL: 'https://app.example/hook', WEBHOOK_SECRET: 'short' },
    'WEBHOOK_SECRET: got a value that is not',
  ],
])('the service does not start with %o', async (wrong, line) => {
  const { exitCode, output } = await startInVain(wrong)
  expect(exitCode).toBe(1)
  expect(output).toContain(line)
  expect(output).not.toContain('short')
})
