import type { ClipView } from '../../_shared/clip-view.ts'
import { formatDuration, formatTime, providerLabel } from '../../_shared/format.ts'

/** One step of a clip: speech, a wait, an upload attempt. */
export interface Segment {
  label: string
  detail: string
  kind: 'speech' | 'wait' | 'running' | 'failed' | 'stored'
  /** Where its bar begins and how long it is, in percent of the whole. */
  offset: number
  length: number
}

type Span = Omit<Segment, 'offset' | 'length'> & { ms: number }

/** Shorter gaps are only the time that the program takes between two steps. */
const SHORTEST_WAIT_MS = 15

/**
 * The steps of a clip from the start of its speech to now or to its final state, by their beginnings. The length of a bar is
 * logarithmic in time, so that milliseconds are visible beside hours.
 */
export function waterfallOf(clip: ClipView, now: number): Segment[] {
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
  const add = (until: number, span: Omit<Span, 'ms'>, from = at) => {
    spans.push({ ...span, ms: until - from })
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
    const ms = attempt.durationMs ?? now - startedAt
    const outcome = attempt.outcome === 'failed' ? attempt.error : undefined
    const span = {
      label: `${providerLabel(attempt.provider)} (${attempt.trigger.replace('_', ' ')})`,
      detail: [formatDuration(ms), outcome].filter(Boolean).join(' · '),
      kind: attempt.outcome,
    }
    // Attempts at several providers overlap.
    add(startedAt + ms, span, startedAt)
  }
  if (clip.state === 'pending' && clip.nextAttemptAt) {
    const next = Date.parse(clip.nextAttemptAt)
    if (next > at)
      add(next, { label: 'Wait', detail: `next attempt at ${formatTime(clip.nextAttemptAt)}`, kind: 'wait' })
  }
  return spans
}
