import { describe, expect, it } from 'vitest'
import { retryLimitSchema } from '#lib/http/answers/retry.ts'

describe('retryLimitSchema', () => {
  it.each([
    ['1', 1],
    ['100', 100],
    ['1000', 1000],
    ['007', 7],
  ])('accepts %s', (asked, expected) => {
    expect(retryLimitSchema.parse(asked)).toBe(expected)
  })

  it.each(['0', '1001', '-1', '1.5', '1e2', 'ten', '', ' 5', '99999999999'])('refuses %j', (asked) => {
    expect(retryLimitSchema.safeParse(asked).success).toBe(false)
  })
})
