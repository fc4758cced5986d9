import type { ClipView } from '../../_shared/clip-view.ts'
import { formatDuration, formatTime, providerLabel } from '../../_shared/format.ts'

/** One stretch in a clip's life. */
export interface Stretch {
  label: string
  detail: string
  kind: 'speech' | 'wait' | 'running' | 'failed' | 'stored'
  /** Where its bar begins and how long it is, in percent of all. */
  offset: number
  length: number
}

type Span = Omit<Stretch, 'offset' | 'length'> & { ms: number }

/** Shorter ones are only the time between two steps of the program. */
const SHORTEST_WAIT_MS = 15

/**
 * A clip's life from the first word to now or its end, one stretch after the other. The bars grow with the logarithm
 * of the time, so that milliseconds can be seen beside hours.
 */
export function waterfallOf(clip: ClipView, now: number): Stretch[] {
  const spans = spansOf(clip, now)
  const lengths = spans.map(({ ms }) => Math.log1p(Math.max(1, ms)))
  const total = lengths.reduce((sum, length) => sum + length, 0)
  let before = 0
  return spans.map(({ ms, ...span }, index) => {
    const length = ((lengths[index] ?? 0) / total) * 100
    const offset = before
    before += length
    return { ...span, offset, length }
  })
}

function spansOf(clip: ClipView, now: number): Span[] {
  const spans: Span[] = []
  let at = Date.parse(clip.createdAt)
  const add = (until: number, span: Omit<Span, 'ms'>) => {
    spans.push({ ...span, ms: until - at })
    at = Math.max(at, until)
  }
  const waitUntil = (until: number) => {
    if (until - at >= SHORTEST_WAIT_MS) {
      add(until, { label: 'Wait', detail: formatDuration(until - at), kind: 'wait' })
    }
  }

  const stagedAt = clip.stagedAt ? Date.parse(clip.stagedAt) : now
  const spokenAt = clip.spokenAt ? Date.parse(clip.spokenAt) : stagedAt
  const speech = clip.stagedAt ? 'Speech' : 'Speaking'
  add(spokenAt, { label: speech, detail: formatDuration(spokenAt - at), kind: 'speech' })
  if (clip.spokenAt)
    add(stagedAt, { label: 'Staging', detail: formatDuration(stagedAt - at), kind: 'speech' })
  for (const attempt of clip.attempts) {
    const startedAt = Date.parse(attempt.startedAt)
    waitUntil(startedAt)
    at = Math.max(at, startedAt)
    const ms = attempt.durationMs ?? now - startedAt
    const outcome = attempt.outcome === 'failed' ? attempt.error : undefined
    add(startedAt + ms, {
      label: `${providerLabel(attempt.provider)} (${attempt.trigger.replace('_', ' ')})`,
      detail: [formatDuration(ms), outcome].filter(Boolean).join(' · '),
      kind: attempt.outcome,
    })
  }
  if (clip.state === 'pending' && clip.nextAttemptAt) {
    const next = Date.parse(clip.nextAttemptAt)
    if (next > at)
      add(next, { label: 'Wait', detail: `next try at ${formatTime(clip.nextAttemptAt)}`, kind: 'wait' })
  }
  return spans
}
