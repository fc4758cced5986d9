import type { CatalogEvent, CatalogEvents } from '#lib/catalog/events.ts'
import type { Clip } from '#lib/model/clip.ts'
import type { Clock } from '#lib/platform/clock.ts'
import type { Tracing } from '#lib/telemetry/tracing.ts'

/**
 * Tells `tracing` what happens to clips: a span for the speech, a span for each attempt at a provider, and one around them
 * all once the clip is stored or expired. Returns what ends that.
 */
export function traceClips(events: CatalogEvents, tracing: Tracing, clock: Clock): () => void {
  return events.subscribe((event) => {
    const now = clock.now()
    if (event.type === 'staged') tracing.span(speechOf(event.clip, now))
    if (event.type === 'speech_ended') tracing.span(vendorSpeechOf(event))
    if (event.type === 'discarded' && event.clip) tracing.rootSpan(unspokenOf(event.clip, now))
    if (event.type === 'attempt_ended') tracing.span(attemptOf(event, now))
    if (event.type === 'stored' || event.type === 'expired') tracing.rootSpan(clipOf(event.clip, now))
  })
}

type AttemptEnded = Extract<CatalogEvent, { type: 'attempt_ended' }>

function attemptOf({ clipId, provider, outcome, durationMs, statusCode, error }: AttemptEnded, now: number) {
  return {
    clipId,
    name: `store at ${provider}`,
    startedAt: now - durationMs,
    endedAt: now,
    attributes: {
      'voicepin.provider': provider,
      'voicepin.outcome': outcome,
      ...(statusCode !== undefined && { 'http.response.status_code': statusCode }),
    },
    error: outcome === 'failed' ? error : undefined,
  }
}

type SpeechEnded = Extract<CatalogEvent, { type: 'speech_ended' }>

function vendorSpeechOf({ clipId, vendor, outcome, error, ...speech }: SpeechEnded) {
  return {
    clipId,
    name: `speak at ${vendor}`,
    startedAt: speech.startedAt,
    endedAt: speech.startedAt + speech.durationMs,
    attributes: {
      'voicepin.vendor': vendor,
      'voicepin.outcome': outcome,
      'voicepin.characters': speech.characters,
      ...(speech.firstByteMs !== null && { 'voicepin.first_byte_ms': speech.firstByteMs }),
    },
    error: error ?? undefined,
  }
}

/** A call that has failed: nobody has spoken its text. */
function unspokenOf(clip: Clip, now: number) {
  return { ...clipOf(clip, now), error: 'It could not be spoken' }
}

function speechOf(clip: Clip, now: number) {
  return {
    clipId: clip.id,
    name: 'speak',
    startedAt: clip.createdAt,
    endedAt: clip.stagedAt ?? now,
    attributes: {
      'voicepin.voice_id': clip.voiceId,
      'voicepin.characters': clip.characters,
      'voicepin.bytes': clip.sizeBytes,
      ...(clip.modelId && { 'voicepin.model_id': clip.modelId }),
    },
  }
}

function clipOf(clip: Clip, now: number) {
  const { state, requestId, attempts, cid, provider } = clip
  return {
    clipId: clip.id,
    name: 'clip',
    startedAt: clip.createdAt,
    endedAt: clip.storedAt ?? now,
    attributes: {
      'voicepin.state': state,
      'voicepin.request_id': requestId,
      'voicepin.attempts': attempts,
      ...(cid && { 'voicepin.cid': cid }),
      ...(provider && { 'voicepin.provider': provider }),
    },
    error: state === 'expired' ? (clip.lastError ?? 'expired') : undefined,
  }
}
