import { describe, expect, it } from 'vitest'
import type { Attention } from '#lib/dashboard/attention.ts'
import { formatAge, formatExpiry } from '../../../../app/dashboard/_parts/ages.ts'
import { wordsOf } from '../../../../app/dashboard/_parts/attention-words.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const MINUTE_MS = 60_000
const titleOf = (entry: Attention) => wordsOf(entry, NOW).title

describe('the words for what needs the operator', () => {
  const ending = {
    kind: 'clips_ending',
    severity: 'critical',
    isMore: false,
    firstAt: NOW + 5 * MINUTE_MS,
  } as const

  it('say how many clips will be lost, and when the first one', () => {
    expect(titleOf({ ...ending, clips: 1 })).toMatch(/^1 pending clip is lost unless .* in 5 min 0 s$/)
    expect(titleOf({ ...ending, clips: 12 })).toMatch(
      /^12 pending clips are lost .* first expires at .* in 5 min 0 s$/,
    )
    expect(titleOf({ ...ending, clips: 1000, isMore: true })).toMatch(/^More than 1,000 pending clips/)
    expect(titleOf({ ...ending, clips: 2, firstAt: NOW - 1 })).toContain('at the next clean-up')
  })

  it('advise by what a provider has answered', () => {
    const failing = {
      kind: 'provider_failing',
      severity: 'warning',
      provider: 'pinata',
      breaker: 'open',
    } as const
    const adviceFor = (statusCode: number) =>
      wordsOf({ ...failing, failure: { at: NOW, error: `HTTP ${statusCode}`, statusCode } }, NOW).advice
    expect(adviceFor(401)).toContain('credentials')
    expect(adviceFor(402)).toContain('plan')
    expect(adviceFor(503)).toContain('by itself')
    expect(titleOf({ ...failing, failure: { at: NOW, error: 'HTTP 503' } })).toBe('Pinata fails: HTTP 503')
    expect(wordsOf({ ...failing, breaker: 'half_open' }, NOW).advice).toContain('Retry all')
  })

  it('advise by what a vendor of speech lacks', () => {
    const voice = {
      kind: 'voice_failing',
      severity: 'warning',
      vendor: 'elevenlabs',
      breaker: 'open',
    } as const
    const words = wordsOf({ ...voice, note: 'Its quota is used up' }, NOW)
    expect(words.title).toBe('ElevenLabs: its quota is used up')
    expect(words.advice).toContain('quota')
  })
})

describe('ages and expiries', () => {
  const ago = (ms: number) => new Date(NOW - ms).toISOString()

  it('are told to their largest unit', () => {
    expect(formatAge(ago(5000), NOW)).toBe('5 s')
    expect(formatAge(ago(90 * MINUTE_MS), NOW)).toBe('1 h')
    expect(formatAge(ago(-1000), NOW)).toBe('0 s')
    expect(formatExpiry({ state: 'pending', expiresAt: ago(-43 * MINUTE_MS) }, NOW)).toBe('in 43 min')
  })

  it('are told only of clips that can expire', () => {
    expect(formatExpiry({ state: 'stored', expiresAt: ago(0) }, NOW)).toBe('–')
    expect(formatExpiry({ state: 'pending', expiresAt: ago(1) }, NOW)).toBe('its time is over')
  })
})
