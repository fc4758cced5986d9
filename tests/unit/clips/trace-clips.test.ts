import { describe, expect, it } from 'vitest'
import { cleanUp } from '#lib/clips/clean-up.ts'
import { traceClips } from '#lib/clips/trace-clips.ts'
import { ServiceError } from '#lib/model/errors.ts'
import type { ClipSpan } from '#lib/telemetry/tracing.ts'
import { FakeProvider, refused } from '../../support/fake-provider.ts'
import { speak, testServices } from '../../support/services.ts'

/** Services whose clips are traced, and their spans in the order in which they came. */
async function traced() {
  const world = await testServices({ providers: [new FakeProvider('pinata')] })
  const spans: ({ kind: 'part' | 'whole' } & ClipSpan)[] = []
  const tracing = {
    span: (span: ClipSpan) => void spans.push({ kind: 'part', ...span }),
    rootSpan: (span: ClipSpan) => void spans.push({ kind: 'whole', ...span }),
    requestSpan: () => {},
    close: async () => {},
  }
  const end = traceClips(world.services.events, tracing, world.clock)
  return { ...world, spans, end }
}

describe('the trace of a clip', () => {
  it('that was stored has a span for its speech, one for its attempt, and one around them', async () => {
    const { services, clock, first, spans } = await traced()
    first.always(async ({ cid }) => {
      await clock.sleep(250)
      return { cid }
    })
    const startedAt = clock.now()
    const clip = await clock.until(speak(services))
    const at = { clipId: clip.id, startedAt, endedAt: startedAt }
    expect(spans).toEqual([
      {
        kind: 'part',
        name: 'speak',
        ...at,
        attributes: {
          'voicepin.voice_id': 'slt',
          'voicepin.characters': clip.characters,
          'voicepin.bytes': clip.sizeBytes,
          'voicepin.model_id': clip.modelId,
        },
      },
      {
        kind: 'part',
        name: 'store at pinata',
        ...at,
        endedAt: startedAt + 250,
        attributes: { 'voicepin.provider': 'pinata', 'voicepin.outcome': 'stored' },
        error: undefined,
      },
      {
        kind: 'whole',
        name: 'clip',
        ...at,
        endedAt: startedAt + 250,
        attributes: {
          'voicepin.state': 'stored',
          'voicepin.request_id': clip.requestId,
          'voicepin.attempts': 1,
          'voicepin.cid': clip.cid,
          'voicepin.provider': 'pinata',
        },
        error: undefined,
      },
    ])
  })

  it('that expired says why, in the span of the attempt and in the one around it', async () => {
    const { services, clock, first, spans } = await traced()
    first.always(refused())
    const { id } = await speak(services)
    await clock.advance(3_600_001)
    await clock.until(cleanUp(services, { signal: new AbortController().signal }))
    const { lastError } = (await services.catalog.clips.find(id)) ?? {}
    const tried = spans.find(({ name }) => name === 'store at pinata')
    expect(tried).toMatchObject({ attributes: { 'voicepin.outcome': 'failed' }, error: expect.any(String) })
    expect(spans.at(-1)).toMatchObject({
      kind: 'whole',
      clipId: id,
      endedAt: clock.now(),
      attributes: { 'voicepin.state': 'expired' },
      error: lastError,
    })
  })

  it('gets no further spans once tracing has ended', async () => {
    const { services, spans, end } = await traced()
    end()
    await speak(services)
    expect(spans).toEqual([])
  })
})

it('the trace of a call that failed has a span around it that says so, and one for the vendor', async () => {
  const { services, speech, spans } = await traced()
  speech.speaking = new ServiceError('speech_quota_exceeded', 'Its quota is used up')
  await expect(speak(services)).rejects.toThrow('quota')
  const [whole] = spans
  expect(whole).toMatchObject({ kind: 'whole', name: 'clip', error: 'It could not be spoken' })
  await services.catalog.speechAttempts.record({
    vendor: 'elevenlabs',
    clipId: whole?.clipId ?? '',
    characters: 5,
    startedAt: 1000,
    firstByteMs: null,
    durationMs: 20,
    outcome: 'quota_exceeded',
    error: 'Its quota is used up',
  })
  expect(spans[1]).toMatchObject({
    kind: 'part',
    name: 'speak at elevenlabs',
    clipId: whole?.clipId,
    startedAt: 1000,
    endedAt: 1020,
    attributes: { 'voicepin.outcome': 'quota_exceeded' },
    error: 'Its quota is used up',
  })
})
