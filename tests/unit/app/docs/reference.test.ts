import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { InlineMarkdown, slugOf } from '../../../../app/docs/_parts/markdown.tsx'
import { boundsOf, curlOf, type Operation, typeOf } from '../../../../app/docs/_parts/openapi.ts'

const operation: Operation = {
  ...{ operationId: 'speak', summary: 'Speak', tags: [], method: 'post', path: '/api/speak/{id}' },
  requestBody: { content: { 'application/json': { example: { text: "It's $HOME" } } } },
  responses: { '200': { description: 'Audio', content: { 'audio/mpeg': {} } } },
}

describe('the command of an operation', () => {
  it('quotes its body for a shell, and does not wait for the end of a stream', () => {
    expect(curlOf(operation, 'https://voice.example')).toBe(
      `curl -sN 'https://voice.example/api/speak/<id>' \\\n  -d '{"text":"It'\\''s $HOME"}'`,
    )
  })

  it('has a key only where one is needed, and names the method where curl would take another', () => {
    const deletion = { ...operation, method: 'delete', requestBody: { content: {} } }
    expect(curlOf({ ...deletion, security: [{ callerKey: [] }] }, '')).toMatch(
      /-X DELETE .*Authorization: Bearer \$KEY/s,
    )
    expect(curlOf({ ...deletion, security: [{}, { callerKey: [] }] }, '')).not.toContain('Authorization')
  })
})

describe('the words for a schema', () => {
  it.each([
    [{ anyOf: [{ type: 'integer', minimum: 0 }, { type: 'null' }] }, 'integer'],
    [{ type: 'array', items: { $ref: '#/components/schemas/Clip' } }, 'list of Clip'],
    [{ const: true }, 'true'],
    [{ type: 'string', format: 'date-time' }, 'string, a time'],
  ])('says of %j: %s', (schema, words) => {
    expect(typeOf(schema)).toBe(words)
  })

  it('says what is allowed', () => {
    expect(boundsOf({ minimum: 1, maximum: 100, default: 20 })).toBe('1 to 100, by default 20')
  })
})

describe('Markdown of the documentation', () => {
  it('shows HTML as it is written, and what the lexer escapes', () => {
    const html = renderToStaticMarkup(InlineMarkdown({ text: 'a < b & "c" <b onclick=x>`d < e`</b>' }))
    expect(html).toBe('a &lt; b &amp; &quot;c&quot; &lt;b onclick=x&gt;<code>d &lt; e</code>&lt;/b&gt;')
  })

  it('leads from page to page, and names headings as links do', () => {
    expect(renderToStaticMarkup(InlineMarkdown({ text: '[x](/docs/scale.md#a-b)' }))).toBe(
      '<a href="/docs/guides/scale#a-b">x</a>',
    )
    expect(slugOf('What it cannot reach: `x`')).toBe('what-it-cannot-reach-x')
  })
})
