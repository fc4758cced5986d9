import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quick } from '../support/operator.ts'
import { freePort } from '../support/servers/free-port.ts'
import { type Service, startService } from '../support/service.ts'
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

  it('gets the address of a stored clip at the gateway of its provider without PUBLIC_BASE_URL, the start warns, and it is told of a clip that expired', async () => {
    const service = await startService({
      environment: environment({
        IPFS_GATEWAY_URL: 'self',
        TEMP_AUDIO_TTL_SECONDS: '1',
        CLEANUP_INTERVAL_SECONDS: '1',
      }),
    })
    expect(service.output).toContain('WEBHOOK_URL is set without PUBLIC_BASE_URL')
    const { body: stored } = await service.vocalize()
    const [told] = await receiver.waitFor(stored.data.id)
    expect(told?.message.data).toMatchObject({ permanentUrl: expect.stringMatching(/^http.*\/ipfs\/baf/) })
    expect(told?.message.data).not.toHaveProperty('permanentPath')
    await world.vendors.always('pinata', statusFault(401))
    const { body } = await service.vocalize()
    const [webhook] = await receiver.waitFor(body.data.id)
    expect(webhook?.message).toMatchObject({ type: 'clip.expired', data: { cid: body.data.cid } })
    expect(webhook?.message.data.error).toContain('pinata')
    await world.vendors.heal()
    await service.stop()
  })

  it('is told after a crash what it could not be told before, with a path where only this service has the clip', async () => {
    const port = await freePort()
    const service = await startService({
      environment: environment({
        WEBHOOK_URL: `http://127.0.0.1:${port}/hook`,
        IPFS_PROVIDERS: 'embedded',
      }),
    })
    const { body } = await service.vocalize()
    await service.waitForLog('A webhook did not get through')
    await service.kill()
    const listening = await startWebhookReceiver(port)
    await service.restart()
    const [webhook] = await listening.waitFor(body.data.id, 40_000)
    expect(webhook?.message).toMatchObject({
      type: 'clip.stored',
      data: { permanentUrl: null, permanentPath: expect.stringMatching(/^\/ipfs\/baf/) },
    })
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
