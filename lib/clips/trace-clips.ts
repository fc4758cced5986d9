import type { Catalog } from '#lib/catalog/catalog.ts'
import type { Clip } from '#lib/model/clip.ts'
import type { Clock } from '#lib/platform/clock.ts'
import type { Tracing } from '#lib/telemetry/tracing.ts'

/**
 * The same catalog, telling `tracing` what it learns: a span for the speech, a span for each try at a provider, and
 * one around them all once the clip is stored or expired.
 */
export function traceClips(catalog: Catalog, tracing: Tracing, clock: Clock): Catalog {
  const { clips, attempts } = catalog

  async function traceEnd(id: string) {
    const clip = await clips.find(id)
    if (clip) tracing.whole(wholeOf(clip, clock.now()))
  }

  return {
    ...catalog,
    clips: {
      ...clips,
      async stage(id, facts) {
        const clip = await clips.stage(id, facts)
        if (clip) tracing.part(speechOf(clip, clock.now()))
        return clip
      },
      async store(id, facts) {
        const isNew = await clips.store(id, facts)
        if (isNew) await traceEnd(id).catch(() => {})
        return isNew
      },
      async expire(id, facts) {
        const isNew = await clips.expire(id, facts)
        if (isNew) await traceEnd(id).catch(() => {})
        return isNew
      },
    },
    attempts: {
      ...attempts,
      async end(id, provider, end) {
        const clipId = await attempts.end(id, provider, end)
        if (clipId) {
          const endedAt = clock.now()
          const { durationMs, outcome, statusCode, error } = end
          tracing.part({
            clipId,
            name: `store at ${provider}`,
            startedAt: endedAt - durationMs,
            endedAt,
            attributes: {
              'voicepin.provider': provider,
              'voicepin.outcome': outcome,
              ...(statusCode !== undefined && { 'http.response.status_code': statusCode }),
            },
            error: outcome === 'failed' ? error : undefined,
          })
        }
        return clipId
      },
    },
  }
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

function wholeOf(clip: Clip, now: number) {
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
