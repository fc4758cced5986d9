import { ReadableStream } from 'node:stream/web'
import type { Services } from '#lib/context.ts'

/**
 * All records as JSON lines, each `{"type": …, "record": …}`, read page by page as they are taken. The last line is
 * `{"type":"end","records":n}`: without it the export has broken off.
 *
 * @see https://jsonlines.org
 */
export function exportAnswer({ catalog }: Pick<Services, 'catalog'>): Response {
  async function* lines() {
    let records = 0
    for await (const page of catalog.records.pages()) {
      records += page.length
      if (page.length > 0) yield page.map((each) => `${JSON.stringify(each)}\n`).join('')
    }
    yield `${JSON.stringify({ type: 'end', records })}\n`
  }
  async function* bytes() {
    for await (const text of lines()) yield Buffer.from(text)
  }
  // `ReadableStream` is one class at run time, but has two types: that of Node.js and that of browsers.
  return new Response(ReadableStream.from(bytes()) as unknown as BodyInit, {
    headers: {
      'Content-Type': 'application/jsonl; charset=utf-8',
      'Content-Disposition': 'attachment; filename="voicepin.jsonl"',
      'Cache-Control': 'no-store, no-transform',
      'X-Content-Type-Options': 'nosniff',
    },
  })
}
