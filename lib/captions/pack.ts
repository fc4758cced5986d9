import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Alignment, Span } from './alignment.ts'

/** An alignment in little space, for a column of text: about 2 bytes a character. `unpackAlignment` gives it back. */
export function packAlignment({ text, unit, spans }: Alignment): string {
  let end = 0
  let endMs = 0
  // Of numbers that nearly follow from those before them little is left.
  const numbers = spans.flatMap((span) => {
    const steps = [span.start - end, span.end - span.start, span.startMs - endMs, span.endMs - span.startMs]
    end = span.end
    endMs = span.endMs
    return steps
  })
  return deflateRawSync(JSON.stringify({ text, unit, numbers })).toString('base64')
}

/** @throws Error when `packed` is not what `packAlignment` gave */
export function unpackAlignment(packed: string): Alignment {
  const { text, unit, numbers } = JSON.parse(inflateRawSync(Buffer.from(packed, 'base64')).toString())
  const spans: Span[] = []
  let last: Span = { start: 0, end: 0, startMs: 0, endMs: 0 }
  for (let at = 0; at < numbers.length; at += 4) {
    const [gap, length, gapMs, durationMs] = numbers.slice(at, at + 4)
    const start = last.end + gap
    const startMs = last.endMs + gapMs
    last = { start, end: start + length, startMs, endMs: startMs + durationMs }
    spans.push(last)
  }
  return { text, unit, spans }
}
