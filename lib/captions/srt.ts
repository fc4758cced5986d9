import type { Alignment } from './alignment.ts'
import { type Cue, cuesOf } from './cues.ts'
import { timestamp } from './timestamp.ts'

/** The captions of an alignment as SubRip, which has no way to escape anything: the text is as it was given. */
export function asSrt(alignment: Alignment): string {
  return cuesOf(alignment).map(cueText).join('\n')
}

function cueText({ startMs, endMs, lines }: Cue, index: number): string {
  const rows = lines.map((line) =>
    line.map(({ text, hasBlank }, at) => (at > 0 && hasBlank ? ' ' : '') + text).join(''),
  )
  return `${index + 1}\n${timestamp(startMs, ',')} --> ${timestamp(endMs, ',')}\n${rows.join('\n')}\n`
}
