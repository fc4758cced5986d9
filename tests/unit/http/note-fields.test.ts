import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ownClipsQuery } from '#lib/http/answers/own-clips.ts'
import { parseWith } from '#lib/http/body.ts'
import { noteFields } from '#lib/http/note-fields.ts'

const read = (body: unknown) => parseWith(z.object(noteFields), body)
const value = 'must be a text of at most 500 characters, a number, true or false'
const kinds = 'must be an object of texts, numbers or booleans by name'

describe('the notes about a clip', () => {
  it('may be as long as they say, counted in characters as people see them', () => {
    const notes = {
      label: '🎤'.repeat(100),
      metadata: { ['🎤'.repeat(64)]: '🎤'.repeat(500), n: 1, b: false },
    }
    expect(read(notes)).toEqual(notes)
    expect(read({ label: null, metadata: null })).toEqual({})
  })

  it('keep what is a part of every object elsewhere', () => {
    const metadata = { constructor: 'c', toString: 't', hasOwnProperty: true }
    expect(read({ metadata })).toEqual({ metadata })
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false)
  })

  it.each([
    [{ label: '' }, 'label', 'must not be empty'],
    [{ label: 'a\r\nX-Header: b' }, 'label', 'must have no control characters'],
    [{ label: 'a'.repeat(101) }, 'label', 'must be at most 100 characters long'],
    [{ metadata: [1] }, 'metadata', kinds],
    [{ metadata: 'text' }, 'metadata', kinds],
    [{ metadata: { a: null } }, 'metadata.a', value],
    [{ metadata: { a: { b: 1 } } }, 'metadata.a', value],
    [{ metadata: { a: 'a'.repeat(501) } }, 'metadata.a', value],
    [{ metadata: { '': 1 } }, 'metadata.', 'the name must not be empty'],
    [{ metadata: { 'a\u0000': 1 } }, 'metadata.a\u0000', 'the name must have no control characters'],
    [
      { metadata: Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`k${index}`, 1])) },
      'metadata',
      'must have at most 20 entries',
    ],
  ])('%j are refused by name', (body, path, message) => {
    expect(() => read(body)).toThrow(
      expect.objectContaining({ code: 'invalid_request', errors: [{ path, message }] }),
    )
  })

  it('are asked for by a label that there can be', () => {
    expect(parseWith(ownClipsQuery, { label: 'episode 12' })).toMatchObject({ label: 'episode 12' })
    // Postgres knows no such text.
    expect(() => parseWith(ownClipsQuery, { label: '\0' })).toThrow('label: must have no control characters')
  })
})
