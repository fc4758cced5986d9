import type { ClipView } from '../../_shared/clip-view.ts'
import { formatDuration, formatTime, providerLabel } from '../../_shared/format.ts'

/** One step of a clip: speech, a wait, an upload attempt. Times are milliseconds from the start of the clip. */
export interface Step {
  label: string
  detail: string
  kind: 'speech' | 'wait' | 'running' | 'failed' | 'stored'
  startMs: number
  endMs: number
}

/** The part of a timeline that is shown. */
export interface TimeWindow {
  fromMs: number
  untilMs: number
}

/** Shorter gaps are only the time that the program takes between two steps. */
const SHORTEST_WAIT_MS = 15
/** No shorter part is shown: times are known to a millisecond. */
const SHORTEST_WINDOW_MS = 5
const MOST_TICKS = 4

/** The steps of a clip from the start of its speech to now, or to its final state, by their beginnings. */
export function stepsOf(clip: ClipView, now: number): Step[] {
  const origin = Date.parse(clip.createdAt)
  const sinceStart = (time: string) => Date.parse(time) - origin
  const nowMs = now - origin
  const steps: Step[] = []
  let atMs = 0
  const add = (step: Step) => {
    steps.push(step)
    atMs = Math.max(atMs, step.endMs)
  }
  const lasting = (startMs: number, endMs: number) => ({
    startMs,
    endMs,
    detail: formatDuration(endMs - startMs),
  })

  const stagedMs = clip.stagedAt ? sinceStart(clip.stagedAt) : nowMs
  const spokenMs = clip.spokenAt ? sinceStart(clip.spokenAt) : stagedMs
  add({ label: clip.stagedAt ? 'Speech' : 'Speaking', kind: 'speech', ...lasting(0, spokenMs) })
  if (clip.spokenAt) add({ label: 'Staging', kind: 'speech', ...lasting(spokenMs, stagedMs) })
  for (const attempt of clip.attempts) {
    const startMs = sinceStart(attempt.startedAt)
    if (startMs - atMs >= SHORTEST_WAIT_MS) add({ label: 'Wait', kind: 'wait', ...lasting(atMs, startMs) })
    const endMs = attempt.durationMs === undefined ? nowMs : startMs + attempt.durationMs
    const error = attempt.outcome === 'failed' ? attempt.error : undefined
    // Attempts at several providers overlap.
    add({
      label: `${providerLabel(attempt.provider)} (${attempt.trigger.replace('_', ' ')})`,
      kind: attempt.outcome,
      ...lasting(startMs, endMs),
      detail: [formatDuration(endMs - startMs), error].filter(Boolean).join(' · '),
    })
  }
  return steps
}

/** When a clip that waits is tried next, as a sentence; `undefined` where it is not. */
export function nextAttemptOf({ state, nextAttemptAt }: ClipView): string | undefined {
  return state === 'pending' && nextAttemptAt ? `Next attempt at ${formatTime(nextAttemptAt)}` : undefined
}

/** The whole of `steps`. */
export function wholeOf(steps: readonly Step[]): TimeWindow {
  return { fromMs: 0, untilMs: Math.max(1, ...steps.map(({ endMs }) => endMs)) }
}

/** A window around one step, wide enough to see what it borders on. */
export function windowAround({ startMs, endMs }: Step, whole: TimeWindow): TimeWindow {
  const marginMs = (endMs - startMs) / 4
  return within({ fromMs: startMs - marginMs, untilMs: endMs + marginMs }, whole)
}

/** The same middle at `factor` times the length. */
export function zoomed({ fromMs, untilMs }: TimeWindow, factor: number, whole: TimeWindow): TimeWindow {
  const middleMs = (fromMs + untilMs) / 2
  const halfMs = ((untilMs - fromMs) * factor) / 2
  return within({ fromMs: middleMs - halfMs, untilMs: middleMs + halfMs }, whole)
}

/** The same length, `share` of it later, or earlier where it is negative. */
export function moved({ fromMs, untilMs }: TimeWindow, share: number, whole: TimeWindow): TimeWindow {
  const byMs = (untilMs - fromMs) * share
  return within({ fromMs: fromMs + byMs, untilMs: untilMs + byMs }, whole)
}

/** A window of its length, or of what there is, that lies within the whole. */
function within({ fromMs, untilMs }: TimeWindow, whole: TimeWindow): TimeWindow {
  const lengthMs = Math.min(Math.max(untilMs - fromMs, SHORTEST_WINDOW_MS), whole.untilMs)
  const startMs = Math.min(Math.max(0, fromMs), whole.untilMs - lengthMs)
  return { fromMs: startMs, untilMs: startMs + lengthMs }
}

/** Where the bar of a step lies in a window, in percent of it and in proportion to time; `undefined`: outside. */
export function barOf({ startMs, endMs }: Step, { fromMs, untilMs }: TimeWindow) {
  const share = (ms: number) =>
    ((Math.min(Math.max(ms, fromMs), untilMs) - fromMs) / (untilMs - fromMs)) * 100
  if (endMs < fromMs || startMs > untilMs) return undefined
  return { offset: share(startMs), length: share(endMs) - share(startMs) }
}

const tickSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000].concat(
  [1, 2, 5, 10, 15, 30, 60, 120, 360, 720, 1440, 2880, 7200, 14_400, 43_200].map(
    (minutes) => minutes * 60_000,
  ),
)

/** Round times of a window, in milliseconds from the start of the clip. */
export function ticksOf({ fromMs, untilMs }: TimeWindow): number[] {
  const lengthMs = untilMs - fromMs
  const stepMs = tickSteps.find((step) => lengthMs / step <= MOST_TICKS) ?? lengthMs / MOST_TICKS
  const first = Math.ceil(fromMs / stepMs)
  const count = Math.floor(untilMs / stepMs) - first + 1
  return Array.from({ length: Math.max(0, count) }, (_, index) => (first + index) * stepMs)
}
