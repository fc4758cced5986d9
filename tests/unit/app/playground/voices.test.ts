import { describe, expect, it } from 'vitest'
import type { Voice } from '../../../../app/_playground/use-account.ts'
import { detailsOf, groupsOf, matches } from '../../../../app/_playground/voices.ts'

const george = {
  ...{ id: '1', name: 'George – Warm Storyteller', language: 'en', accent: 'british', gender: 'male' },
  ...{ age: 'middle_aged', description: 'For audiobooks' },
} satisfies Voice
const lena = { id: '2', name: 'Lena', language: 'de', gender: 'female' } satisfies Voice

describe('the search for a voice', () => {
  it.each(['', 'geo', 'warm story', 'british', 'English male', 'middle aged', 'audiobooks'])(
    'finds it by %j',
    (search) => {
      expect(matches(george, search)).toBe(true)
    },
  )

  it.each(['rachel', 'german', 'british female', 'eorge'])('does not find it by %j', (search) => {
    expect(matches(george, search)).toBe(false)
  })

  it('does not take a woman for a man', () => {
    expect(matches(lena, 'male')).toBe(false)
    expect(matches(lena, 'german female')).toBe(true)
  })
})

describe('the list of voices', () => {
  it('has the order of the vendor where all speak one language', () => {
    expect(groupsOf([george])).toEqual([{ value: '1', label: george.name }])
  })

  it('is grouped by language where there are several', () => {
    const groups = groupsOf([george, lena, { id: '3', name: 'Odd' }])
    expect(groups.map((group) => 'group' in group && group.group)).toEqual(['English', 'German', 'Other'])
  })

  it('says what is known of each', () => {
    expect(detailsOf(george)).toBe('British · male · middle aged')
    expect(detailsOf({ id: '4', name: 'Plain' })).toBe('')
  })
})
