import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Clip, fileNameOf, isClipId, isGone, newClipId } from '#lib/model/clip.ts'
import { anyText } from '../../support/any-text.ts'
import { hostileIds } from '../temp-audio/store-subject.ts'

describe('a clip id', () => {
  it('is 128 random bits in a form that every file system takes as a name', () => {
    const ids = Array.from({ length: 1000 }, newClipId)
    expect(new Set(ids).size).toBe(1000)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/)
    expect(ids.every(isClipId)).toBe(true)
  })

  it.each(hostileIds.map((id) => [JSON.stringify(id), id]))('is not %s', (_, id) => {
    expect(isClipId(id)).toBe(false)
  })

  it('is 32 hexadecimal digits and nothing else', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(isClipId(text)).toBe(/^[0-9a-f]{32}$/.test(text) && text.length === 32)
      }),
      { seed: 1 },
    )
  })
})

describe('a temporary URL', () => {
  const clip = (state: Clip['state']) => ({ state, expiresAt: 1000 }) as Clip

  it.each<[Clip['state'], number, boolean, boolean]>([
    ['staged', 999, false, false],
    ['pending', 999, false, false],
    ['pending', 1000, false, true],
    ['pending', 1000, true, false],
    ['stored', 1_000_000, false, false],
    ['expired', 0, false, true],
    ['expired', 0, true, true],
  ])('of a clip that is %s has ended at %i (kept: %s): %s', (state, now, keepPending, expected) => {
    expect(isGone(clip(state), now, keepPending)).toBe(expected)
  })
})

describe('fileNameOf', () => {
  it('is the id, with the extension of the format where that is known', () => {
    expect(fileNameOf({ id: 'abc', fileExtension: 'mp3' })).toBe('abc.mp3')
    expect(fileNameOf({ id: 'abc', fileExtension: null })).toBe('abc')
  })
})
