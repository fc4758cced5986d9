import { describe, expect, it } from 'vitest'
import type { ClipView } from '../../../../app/_shared/clip-view.ts'
import {
  barOf,
  moved,
  stepsOf,
  ticksOf,
  wholeOf,
  windowAround,
  zoomed,
} from '../../../../app/dashboard/_parts/timeline-steps.ts'

const START = Date.UTC(2026, 10, 22, 12)
const at = (ms: number) => new Date(START + ms).toISOString()

const attempt = { provider: 'pinata', trigger: 'request', outcome: 'failed', error: 'HTTP 503' } as const
const clip = {
  state: 'pending',
  createdAt: at(0),
  spokenAt: at(411),
  stagedAt: at(420),
  attempts: [
    { ...attempt, startedAt: at(421), durationMs: 100 },
    { ...attempt, startedAt: at(600_000), durationMs: 50, trigger: 'last_try' },
  ],
} as unknown as ClipView

describe('the timeline of a clip', () => {
  const steps = stepsOf(clip, START + 700_000)
  const whole = wholeOf(steps)

  it('has every step in order, with the waits between them', () => {
    expect(steps.map(({ label, startMs, endMs }) => [label, startMs, endMs])).toEqual([
      ['Speech', 0, 411],
      ['Staging', 411, 420],
      ['Pinata (request)', 421, 521],
      ['Wait', 521, 600_000],
      ['Pinata (last try)', 600_000, 600_050],
    ])
    expect(steps[2]?.detail).toBe('100 ms · HTTP 503')
    expect(whole).toEqual({ fromMs: 0, untilMs: 600_050 })
  })

  it('goes on to now where something goes on', () => {
    const speaking = { state: 'speaking', createdAt: at(0), attempts: [] } as unknown as ClipView
    expect(stepsOf(speaking, START + 250)).toMatchObject([{ label: 'Speaking', startMs: 0, endMs: 250 }])
    const running = {
      ...clip,
      attempts: [{ ...attempt, outcome: 'running', startedAt: at(421) }],
    } as ClipView
    expect(stepsOf(running, START + 1000).at(-1)).toMatchObject({ kind: 'running', endMs: 1000 })
  })

  it('draws each step in proportion to its time: 9 ms are a 46th of 411 ms', () => {
    const shown = { fromMs: 0, untilMs: 420 }
    const [speech, staging] = steps.map((step) => barOf(step, shown))
    expect((speech?.length ?? 0) / (staging?.length ?? 0)).toBeCloseTo(411 / 9)
    expect(speech?.offset).toBe(0)
    expect((staging?.offset ?? 0) + (staging?.length ?? 0)).toBeCloseTo(100)
    expect(steps[4] && barOf(steps[4], shown)).toBeUndefined()
  })

  it('is zoomed into and moved without leaving the clip', () => {
    const [speech, staging] = steps
    if (!speech || !staging) throw new Error('Steps are missing')
    expect(windowAround(staging, whole)).toEqual({ fromMs: 408.75, untilMs: 422.25 })
    expect(windowAround(speech, whole)).toEqual({ fromMs: 0, untilMs: 616.5 })
    const third = zoomed(whole, 1 / 3, whole)
    expect(third.untilMs - third.fromMs).toBeCloseTo(600_050 / 3)
    expect(zoomed(third, 9, whole)).toEqual(whole)
    expect(moved(third, 10, whole).untilMs).toBeCloseTo(whole.untilMs)
    expect(moved(third, -10, whole).fromMs).toBe(0)
    const smallest = zoomed({ fromMs: 100, untilMs: 106 }, 1 / 3, whole)
    expect(smallest.untilMs - smallest.fromMs).toBe(5)
  })

  it.each([
    [{ fromMs: 0, untilMs: 420 }, [0, 200, 400]],
    [{ fromMs: 408, untilMs: 422 }, [410, 415, 420]],
    [whole, [0, 300_000, 600_000]],
  ])('has round times along %j', (shown, ticks) => {
    expect(ticksOf(shown)).toEqual(ticks)
  })
})
