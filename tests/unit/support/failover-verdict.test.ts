import { describe, expect, it } from 'vitest'
import type { Call } from '../../proof/failover/load.ts'
import { findUploadsAtOnce, IN_A_ROW, outcomesBetween, recoveredAt } from '../../proof/failover/verdict.ts'
import type { RecordedRequest } from '../../support/stub-vendors.ts'

const calls = (...outcomes: string[]): Call[] =>
  outcomes.map((outcome, index) => ({ startedAt: index * 10, endedAt: index * 10 + 5, outcome }))
const many = Array.from({ length: IN_A_ROW }, () => 'ok')

describe('callers have recovered', () => {
  it('with the first of many calls that succeed in a row', () => {
    expect(recoveredAt(calls('cut_off', 'ok', 'http_502', ...many), 0)).toBe(30)
  })

  it('never by calls from before', () => {
    expect(recoveredAt(calls(...many, 'ok', 'ok'), 30)).toBeUndefined()
  })

  it('not while one of the last calls failed', () => {
    expect(recoveredAt(calls(...many, 'timeout', 'ok'), 0)).toBeUndefined()
  })

  it('in whatever order the calls ended', () => {
    expect(recoveredAt(calls('timeout', ...many).reverse(), 0)).toBe(10)
  })
})

it('errors count where the call was under way during the fault', () => {
  expect(outcomesBetween(calls('a', 'ok', 'b', 'b', 'c'), 2, 30)).toEqual({
    count: 4,
    errors: { a: 1, b: 2 },
  })
})

describe('uploads of one content at once', () => {
  const upload = (cid: string, startedAt: number, endedAt?: number, vendor = 'kubo') =>
    ({ cid, startedAt, endedAt, vendor }) as RecordedRequest

  it('are found at one provider', () => {
    const found = findUploadsAtOnce([upload('a', 0, 900), upload('b', 500, 600), upload('a', 800, 1000)])
    expect(found).toEqual([expect.stringMatching(/^a at kubo: /)])
  })

  it('are none at two providers, of which one was slow', () => {
    expect(findUploadsAtOnce([upload('a', 0, 900), upload('a', 800, 1000, 'pinata')])).toEqual([])
  })

  it('are found behind a short one, and while one is still under way', () => {
    expect(
      findUploadsAtOnce([upload('a', 0, 900), upload('a', 900, 910), upload('a', 100, 200)]),
    ).toHaveLength(1)
    expect(findUploadsAtOnce([upload('a', 0), upload('a', 5000, 6000)])).toHaveLength(1)
  })

  it('are none where one follows the other', () => {
    expect(findUploadsAtOnce([upload('a', 0, 900), upload('a', 900, 1000), upload('a', 995, 1200)])).toEqual(
      [],
    )
  })
})
