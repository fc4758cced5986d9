import { expect, it, vi } from 'vitest'
import { oncePer } from '#lib/platform/once-per.ts'

it('A value is made once for each key, and keys that are only equal have values of their own', () => {
  const make = vi.fn(({ most }: { most: number }) => ({ limit: most * 2 }))
  const limitOf = oncePer(make)
  const key = { most: 2 }
  expect(limitOf(key)).toBe(limitOf(key))
  expect(limitOf({ most: 2 })).not.toBe(limitOf(key))
  expect(make).toHaveBeenCalledTimes(2)
})
