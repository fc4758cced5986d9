import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createScrubber } from '#lib/platform/redact.ts'
import { createLog } from '#lib/telemetry/log.ts'

describe('the scrubber', () => {
  it('replaces each secret wherever it stands', () => {
    const scrub = createScrubber(['hunter22', 'p@ss word'])
    expect(scrub('hunter22 and again hunter22')).toBe('[secret] and again [secret]')
    expect(scrub('?key=p%40ss%20word')).toBe('?key=[secret]')
  })

  it('replaces what a header is made of, and leaves its scheme', () => {
    const scrub = createScrubber(['Basic dXNlcjpwYXNz'])
    expect(scrub('sent dXNlcjpwYXNz as Basic')).toBe('sent [secret] as Basic')
    expect(scrub('Authorization: Basic dXNlcjpwYXNz')).toBe('Authorization: [secret]')
  })

  it('replaces the longer of two secrets first', () => {
    const scrub = createScrubber(['abcd', 'abcdefgh'])
    expect(scrub('abcdefgh abcd')).toBe('[secret] [secret]')
  })

  // biome-ignore lint/suspicious/noTemplateCurlyInString: a secret may look like one.
  it.each(['.*+?^${}()|[]\\/', '$&$1$$', 'a\\nb"c'])('takes %j by the letter', (secret) => {
    expect(createScrubber([secret])(`<${secret}>`)).toBe('<[secret]>')
  })

  it('leaves a text alone where there are no secrets, or only such as would make it unreadable', () => {
    for (const scrub of [createScrubber([]), createScrubber(['a', '', 'the'])]) {
      expect(scrub('a text like the other')).toBe('a text like the other')
    }
  })

  it('leaves no secret in any text, in no form in which it travels', () => {
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

describe('the log', () => {
  it('writes one JSON object a line, and lets no secret out however it came into it', () => {
    const lines: string[] = []
    const log = createLog({
      level: 'info',
      scrub: createScrubber(['hunter22', 'say "friend"']),
      destination: { write: (line) => void lines.push(line) },
    })
    const cause = new Error('refused hunter22')
    log
      .child({ token: 'hunter22' })
      .error({ err: new Error('hunter22 failed', { cause }), deep: { a: ['hunter22'] } }, 'hunter22')
    log.info({ key: 'say "friend"' }, 'line one\nline two')
    expect(lines).toHaveLength(2)
    for (const line of lines) {
      expect(line).not.toContain('hunter22')
      expect(line).not.toContain('friend')
      expect(line.trimEnd()).not.toContain('\n')
      expect(JSON.parse(line)).toMatchObject({
        level: expect.any(String),
        msg: expect.any(String),
        time: expect.any(String),
      })
    }
  })
})
