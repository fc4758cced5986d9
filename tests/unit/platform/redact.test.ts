import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createScrubber } from '#lib/platform/redact.ts'

describe('createScrubber', () => {
  it('replaces each secret, plain or percent-encoded, at every place', () => {
    const scrub = createScrubber(['hunter22', 'p@ss word'])
    expect(scrub('hunter22 and again hunter22')).toBe('[secret] and again [secret]')
    expect(scrub('?key=p%40ss%20word')).toBe('?key=[secret]')
  })

  it('replaces the credentials of a header, and leaves its scheme', () => {
    const scrub = createScrubber(['Basic dXNlcjpwYXNz'])
    expect(scrub('sent dXNlcjpwYXNz as Basic')).toBe('sent [secret] as Basic')
    expect(scrub('Authorization: Basic dXNlcjpwYXNz')).toBe('Authorization: [secret]')
  })

  it('replaces the longer of two secrets first', () => {
    const scrub = createScrubber(['abcd', 'abcdefgh'])
    expect(scrub('abcdefgh abcd')).toBe('[secret] [secret]')
  })

  // biome-ignore lint/suspicious/noTemplateCurlyInString: a secret may look like one.
  it.each(['.*+?^${}()|[]\\/', '$&$1$$', 'a\\nb"c'])(
    'replaces %j, whose characters mean something in a pattern',
    (secret) => {
      expect(createScrubber([secret])(`<${secret}>`)).toBe('<[secret]>')
    },
  )

  it('changes nothing without secrets, or with secrets under four characters', () => {
    for (const scrub of [createScrubber([]), createScrubber(['a', '', 'the'])]) {
      expect(scrub('a text like the other')).toBe('a text like the other')
    }
  })

  it('leaves no secret in any text, in whichever form it travels', () => {
    const secret = fc
      .string({ minLength: 4, maxLength: 30, unit: 'grapheme' })
      .filter((text) => text.trim() === text)
    fc.assert(
      fc.property(
        fc.array(secret, { minLength: 1, maxLength: 4 }),
        fc.string(),
        fc.string(),
        (secrets, before, after) => {
          const scrub = createScrubber(secrets)
          for (const each of secrets) {
            for (const form of [each, encodeURIComponent(each), JSON.stringify(each).slice(1, -1)]) {
              const scrubbed = scrub(`${before}${form}${after}`)
              const rest = scrubbed.replaceAll('[secret]', '')
              if (!before.includes(form) && !after.includes(form))
                expect(rest.includes(form) && !`${before}${after}`.includes(form)).toBe(false)
            }
          }
        },
      ),
      { seed: 1, numRuns: 300 },
    )
  }, 30_000)
})
