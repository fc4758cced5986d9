import { expect, it } from 'vitest'
import { createSmallAudio, SMALL_BYTES } from '#lib/temp-audio/small-audio.ts'

const clip = [new Uint8Array(SMALL_BYTES - 1), new Uint8Array([7])]

it('A small clip is kept in memory, a larger one is not', async () => {
  const small = createSmallAudio()
  expect((await small.keep('a', clip)?.bytes())?.at(-1)).toBe(7)
  expect(small.keep('b', [...clip, new Uint8Array(1)])).toBeUndefined()
})

it('Small clips together stay within 32 MiB, and one that is dropped makes room for another, once', () => {
  const small = createSmallAudio()
  const most = (32 * 1024 ** 2) / SMALL_BYTES
  for (let count = 0; count < most; count += 1) expect(small.keep(`${count}`, clip)).toBeDefined()
  expect(small.keep('another', clip)).toBeUndefined()
  // The same clip, replaced.
  expect(small.keep('0', clip)).toBeDefined()
  small.drop('0')
  small.drop('0')
  expect(small.keep('another', clip)).toBeDefined()
  expect(small.keep('one more', clip)).toBeUndefined()
})
