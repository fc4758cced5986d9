import type { Alignment } from './alignment.ts'
import { type Cue, cuesOf, type Line } from './cues.ts'
import { timestamp } from './timestamp.ts'

/**
 * The captions of an alignment as WebVTT, with the time of each word in its cue.
 *
 * @see https://www.w3.org/TR/webvtt1/
 */
export function asWebVtt(alignment: Alignment): string {
  return ['WEBVTT\n', ...cuesOf(alignment).map(cueText)].join('\n')
}

function cueText(cue: Cue): string {
  const { startMs, endMs, lines } = cue
  let latestMs = startMs
  /** A time must lie within the cue, behind the one before it. */
  function timed({ text, startMs: wordMs }: Line[number]) {
    if (wordMs <= latestMs || wordMs >= endMs) return escaped(text)
    latestMs = wordMs
    return `<${timestamp(wordMs, '.')}>${escaped(text)}`
  }
  const rows = lines.map((line) =>
    line.map((word, index) => (index > 0 && word.hasBlank ? ' ' : '') + timed(word)).join(''),
  )
  return `${timestamp(startMs, '.')} --> ${timestamp(endMs, '.')}\n${rows.join('\n')}\n`
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\0', '\uFFFD')
}
