import { describe, expect, it } from 'vitest'
import { responseExcerpt } from '#lib/platform/response-excerpt.ts'

describe('responseExcerpt', () => {
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
    expect(responseExcerpt(text)).toBe(expected)
  })

  it('gives at most 200 characters', () => {
    expect(responseExcerpt('x'.repeat(1000))).toHaveLength(200)
    expect(responseExcerpt(`{"message":"${'x'.repeat(1000)}"}`)).toHaveLength(200)
  })

  it.each([
    ['brackets', '<'.repeat(500_000)],
    ['scripts', '<script>'.repeat(50_000)],
    ['nested JSON', '['.repeat(500_000)],
    ['spaces', `${' '.repeat(500_000)}x`],
  ])('takes less than two seconds for a hostile answer of %s', (_, text) => {
    const startedAt = performance.now()
    responseExcerpt(text)
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })
})
