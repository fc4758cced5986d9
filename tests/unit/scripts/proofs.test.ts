import { describe, expect, it } from 'vitest'
import { readMinutes } from '../../../scripts/proofs.mjs'

describe('the minutes for proofs', () => {
  it('are a number, or not given', () => {
    expect(readMinutes('--minutes', '15')).toBe(15)
    expect(readMinutes('--minutes', '0.5')).toBe(0.5)
    expect(readMinutes('--minutes', undefined)).toBeUndefined()
  })

  it.each(['abc', '', '-1', '15m'])('are refused by name where they are %j', (value) => {
    expect(() => readMinutes('--minutes', value)).toThrow(
      `--minutes: got "${value}", takes a number of minutes`,
    )
  })
})
