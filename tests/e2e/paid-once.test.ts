import { describe, expect, it } from 'vitest'
import { quick } from '../support/operator.ts'
import { type Service, startService } from '../support/service.ts'
import { environmentFor } from '../support/stub-vendors.ts'
import { useVendors } from '../support/world.ts'

const world = useVendors()
const sentence = { text: 'A sentence that a hundred ask for', voiceId: 'George' }

const start = (directory?: string) =>
  startService({
    environment: { ...quick, ...environmentFor(world.vendors), REUSE: 'on' },
    ...(directory && { directory }),
  })

describe('a clip is paid for once', () => {
  it('by a hundred identical requests at once, to two processes', async () => {
    const first = await start()
    const services = [first, await start(first.directory)] as const
    await world.vendors.speak({ chunkPauseMs: 20 })
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => (services[n % 2] as Service).vocalize(sentence)),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const clips = answers.map(({ body: { data } }) => ({ ...data, reused: undefined }))
    expect(new Set(clips.map((clip) => JSON.stringify(clip))).size).toBe(1)
    expect(answers.filter(({ body }) => !body.data.reused)).toHaveLength(1)
    expect(await world.vendors.requests({ vendor: 'elevenlabs', endpoint: 'speech' })).toHaveLength(1)
  })

  it('by two requests under one Idempotency-Key, also across a restart', async () => {
    const service = await start()
    const headers = { 'idempotency-key': '"8e03978e-40d5-43dd-bc93-6894a57f9324"' }
    const body = { text: 'Only once', voiceId: 'George', reuse: false }
    const { body: first } = await service.vocalize(body, headers)
    await service.kill()
    await service.restart()
    expect((await service.vocalize(body, headers)).body).toEqual(first)
    const { status, body: refusal } = await service.vocalize({ ...body, text: 'Something else' }, headers)
    expect(status).toBe(422)
    expect(refusal.code).toBe('idempotency_key_reused')
  })
})
