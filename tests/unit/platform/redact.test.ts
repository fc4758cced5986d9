import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createScrubber, isCommon } from '#lib/platform/redact.ts'
import { encodings } from '../../support/encodings.ts'

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

  it('replaces the password of Basic credentials wherever it stands', () => {
    const value = `Basic ${Buffer.from('voicepin:hunter22-and-more').toString('base64')}`
    expect(createScrubber([value])('voicepin has hunter22-and-more')).toBe('voicepin has [secret]')
  })

  it('replaces the longer of two secrets first', () => {
    const scrub = createScrubber(['abcd1234', 'abcd1234efgh'])
    expect(scrub('abcd1234efgh abcd1234')).toBe('[secret] [secret]')
  })

  it.each(encodings)('replaces a secret that was %s', (_, encode) => {
    const secret = 'sk_5a1F0c3e+9b7d/2468'
    expect(createScrubber(['another-secret', secret])(`It was <${encode(secret)}>.`)).toMatch(
      /^It was <.{0,4}\[secret\].{0,4}>\.$/,
    )
  })

  it('replaces a secret within a line of JSON, which stays JSON', () => {
    const scrub = createScrubber(['sk_5a1F0c3e9b7d2468'])
    const said = 'a\n<b>sk_5a1</b>F0c3 e9b7d2468\n"quoted"'
    const line = scrub(JSON.stringify({ said, nested: JSON.stringify({ said }) }))
    expect(JSON.parse(line).said).toBe('a\n<b>[secret]\n"quoted"')
    expect(JSON.parse(JSON.parse(line).nested).said).toBe('a\n<b>[secret]\n"quoted"')
  })

  it.each(['voicepin', 'minioadmin', 'postgres', 'short', 'a1b2c3d'])(
    'leaves %s in peace, which looks like any other text',
    (secret) => {
      expect(isCommon(secret)).toBe(true)
      expect(createScrubber([secret])(`/srv/${secret}/audio`)).toBe(`/srv/${secret}/audio`)
    },
  )

  it.each(['voicepin1', 'voice-pin', 'correcthorsebattery'])('takes %s for a secret', (secret) => {
    expect(isCommon(secret)).toBe(false)
    expect(createScrubber([secret])(`/srv/${secret}/audio`)).toBe('/srv/[secret]/audio')
  })

  it.each([
    ['brackets', '<'.repeat(200_000)],
    ['white space', `s${' '.repeat(200_000)}`.repeat(2)],
    ['escapes', '%25'.repeat(100_000)],
    ['beginnings', 'sk_5a1F0c3e9b7d246'.repeat(20_000)],
  ])('takes less than two seconds for a hostile text of %s', (_, text) => {
    const startedAt = performance.now()
    createScrubber(['sk_5a1F0c3e9b7d2468', 'another-secret'])(text)
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })

  // biome-ignore lint/suspicious/noTemplateCurlyInString: a secret may look like one.
  it.each(['.*+?^${}()|[]\\/', '$&$1$$$&', 'a\\nb"c\\td'])(
    'replaces %j, whose characters mean something in a pattern',
    (secret) => {
      expect(createScrubber([secret])(`<${secret}>`)).toBe('<[secret]>')
    },
  )

  it('changes nothing without secrets', () => {
    for (const scrub of [createScrubber([]), createScrubber(['a', '', 'the'])]) {
      expect(scrub('a text like the other')).toBe('a text like the other')
    }
  })

  it('leaves no secret in any text, in whichever form it travels', () => {
    const secret = fc
      .string({ minLength: 8, maxLength: 30, unit: 'grapheme' })
      .filter((text) => text.trim() === text && !isCommon(text))
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
