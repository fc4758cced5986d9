import { describe, expect, it } from 'vitest'
import { createExcerpt } from '#lib/platform/response-excerpt.ts'
import { encodings } from '../../support/encodings.ts'

const secret = 'sk_5a1F0c3e9b7d2468'
const excerpt = createExcerpt([secret])

describe('an excerpt of an answer', () => {
  it.each([
    ['{"message":"a"}', 'a'],
    ['{"Message":"a","Code":0,"Type":"error"}', 'a'],
    ['{"error":"a"}', 'a'],
    ['{"error":{"code":401,"message":"a"}}', 'a'],
    ['{"error":{"reason":"INVALID_CREDENTIALS","details":"a"}}', 'a'],
    ['{"errors":[{"message":"a"}]}', 'a'],
    ['{"detail":{"status":"s","message":"a"}}', 'a'],
    ['{"code":7}', '{"code":7}'],
    ['"a"', 'a'],
    ['null', 'null'],
    ['plain\n\ttext', 'plain text'],
    ['<html><style>h1 { color: red }</style><h1>502</h1><p>Bad\ngateway', '502 Bad gateway'],
    ['<script>if (1 < 2) x()</script>after', 'after'],
    ['<script>never closed', ''],
    ['\u001b[31mred\u001b[0m', '[31mred [0m'],
    ['', ''],
  ])('gives of %j the text %j', (text, expected) => {
    expect(excerpt(text)).toBe(expected)
  })

  it('gives at most 200 characters', () => {
    expect(excerpt(', '.repeat(1000))).toHaveLength(200)
    expect(excerpt(`{"message":"${', '.repeat(1000)}"}`)).toHaveLength(200)
  })

  it('is not cut within a word, which may be the beginning of a secret', () => {
    expect(excerpt(`${'x '.repeat(95)}another-secret-of-another-vendor`)).toBe(`${'x '.repeat(95)}…`)
  })

  it.each(encodings)('is withheld where it repeats a secret that was %s', (_, encode) => {
    expect(excerpt(`No such key: ${encode(secret)}`)).toContain('withheld')
    expect(excerpt(JSON.stringify({ message: `No such key: ${encode(secret)}` }))).toContain('withheld')
  })

  it.each([
    ['its beginning', 'sk_5a1'],
    ['its end', '7d2468'],
    ['its beginning behind 195 other characters', `${'x '.repeat(97)}sk_5a1F0c3e9b7d2468`],
  ])('is withheld where it repeats of a secret %s', (_, text) => {
    expect(excerpt(`No such key: ${text}`)).toContain('withheld')
  })

  it('is not withheld for five characters in common', () => {
    expect(excerpt('No such key: sk_5a')).toBe('No such key: sk_5a')
  })

  it.each([
    ['brackets', '<'.repeat(500_000)],
    ['scripts', '<script>'.repeat(50_000)],
    ['nested JSON', '['.repeat(500_000)],
    ['spaces', `${' '.repeat(500_000)}x`],
  ])('takes less than two seconds for a hostile answer of %s', (_, text) => {
    const startedAt = performance.now()
    excerpt(text)
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })
})
