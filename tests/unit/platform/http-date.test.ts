import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRetryAfter } from '#lib/platform/http-date.ts'

const now = Date.UTC(2026, 10, 22, 12, 0, 0)
const LONGEST_MS = 300_000
// HTTP dates are whole seconds; the two-digit year of the second form reaches 50 years either way.
const someTime = fc
  .integer({ min: Date.UTC(1977, 0, 1) / 1000, max: Date.UTC(2076, 0, 1) / 1000 })
  .map((seconds) => seconds * 1000)
const expectedFor = (time: number) => Math.min(Math.max(time - now, 0), LONGEST_MS)

function rfc850(time: number): string {
  const [, day, month, year = '', clock] = new Date(time).toUTCString().split(' ')
  const weekday = new Date(time).toLocaleDateString('en-US', { weekday: 'long', timeZone: 'UTC' })
  return `${weekday}, ${day}-${month}-${year.slice(2)} ${clock} GMT`
}

function asctime(time: number): string {
  const [weekday = '', day, month, year, clock] = new Date(time).toUTCString().split(' ')
  return `${weekday.slice(0, 3)} ${month} ${String(Number(day)).padStart(2, ' ')} ${clock} ${year}`
}

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['60', 60_000],
    [' 120 ', 120_000],
    ['Sun, 22 Nov 2026 12:00:30 GMT', 30_000],
    ['Sun, 22 Nov 2026 11:59:30 GMT', 0],
    ['Sunday, 22-Nov-26 12:00:30 GMT', 30_000],
    ['Sun Nov 22 12:00:30 2026', 30_000],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 0],
    ['Sun Nov  6 08:49:37 1994', 0],
    ['999999999999999999999999', LONGEST_MS],
    ['Fri, 31 Dec 9999 23:59:59 GMT', LONGEST_MS],
  ])('"%s" asks for %d ms', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected)
  })

  it.each([
    null,
    '',
    ' ',
    '-5',
    '1.5',
    '+10',
    '1e3',
    '0x10',
    'soon',
    '2026-11-22T12:00:30Z',
    'Sun, 22 Nov 2026 12:00:30 CET',
    'Sun, 22 Nov 2026',
    'Sun, 31 Feb 2027 12:00:00 GMT',
    'Sun, 22 Nov 2026 25:00:00 GMT',
    'Sun, 22 Foo 2026 12:00:00 GMT',
    '60, 60',
  ])('%j is not understood', (value) => {
    expect(parseRetryAfter(value, now)).toBeUndefined()
  })

  it('takes every number of seconds', () => {
    fc.assert(
      fc.property(fc.nat(), (seconds) => {
        expect(parseRetryAfter(String(seconds), now)).toBe(Math.min(seconds * 1000, LONGEST_MS))
      }),
    )
  })

  it.each([
    ['IMF-fixdate', (time: number) => new Date(time).toUTCString()],
    ['RFC 850', rfc850],
    ['asctime', asctime],
  ])('takes every date in the form of %s', (_, format) => {
    fc.assert(
      fc.property(someTime, (time) => {
        expect(parseRetryAfter(format(time), now)).toBe(expectedFor(time))
      }),
    )
  })

  it('gives a wait from 0 to five minutes, whatever the header holds', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const waitMs = parseRetryAfter(value, now) ?? 0
        expect(waitMs).toBeGreaterThanOrEqual(0)
        expect(waitMs).toBeLessThanOrEqual(LONGEST_MS)
      }),
    )
  })
})
