import { ReadableStream } from 'node:stream/web'
import type { Alignment } from '#lib/captions/alignment.ts'
import { type AlignedPart, mergeAlignments } from '#lib/captions/merge.ts'
import { unpackAlignment } from '#lib/captions/pack.ts'
import type { Services } from '#lib/context.ts'
import type { ScriptPiece } from '#lib/model/script.ts'
import { describeError } from '#lib/platform/errors.ts'
import type { SpokenAudio } from '#lib/speech/speech.ts'
import type { Turn } from './script-request.ts'

/** What stands between the turns in the text of a whole script. */
const BETWEEN_TURNS = '\n\n'

interface SpokenScript {
  id: string
  turns: Turn[]
  /** All of them are spoken. */
  pieces: ScriptPiece[]
}

/** Audio that is being joined, with when which word of the script is said in it. No failure of that harms the audio. */
export function captioned(
  services: Pick<Services, 'catalog' | 'log'>,
  joining: AsyncGenerator<Uint8Array, number[]>,
  script: SpokenScript,
): Pick<SpokenAudio, 'audio' | 'alignment'> {
  const alignment = Promise.withResolvers<Alignment | undefined>()
  function report(error: unknown) {
    services.log.error(
      { scriptId: script.id, error: describeError(error) },
      'The captions of a script could not be made',
    )
    return undefined
  }
  async function* audio() {
    try {
      alignment.resolve(alignScript(services, script, yield* joining).catch(report))
    } finally {
      alignment.resolve(undefined)
    }
  }
  return { audio: ReadableStream.from(audio()), alignment: alignment.promise }
}

/**
 * The captions of the pieces as one: `startsMs` says where each piece begins in the joined audio. The text is that of all
 * turns, a paragraph for each. `undefined` where a piece has no captions.
 *
 * @throws CatalogError
 */
async function alignScript(
  { catalog }: Pick<Services, 'catalog'>,
  { turns, pieces }: SpokenScript,
  startsMs: number[],
): Promise<Alignment | undefined> {
  const parts: AlignedPart[] = []
  let text = ''
  for (const [index, piece] of pieces.entries()) {
    const kept = await catalog.captions.find(piece.clipId ?? '')
    if (!kept) return undefined
    const alignment = unpackAlignment(kept.alignment)
    text += gapBefore(piece, pieces[index - 1], turns)
    parts.push({ alignment, start: text.length, startMs: startsMs[index] as number })
    // What was reused may spell the same characters in another form of Unicode.
    text += alignment.text
  }
  return mergeAlignments(text, parts)
}

/** The blanks at the cut between two pieces, as they stand in the text; a blank line between turns. */
function gapBefore({ turn, textStart }: ScriptPiece, before: ScriptPiece | undefined, turns: Turn[]): string {
  if (!before) return ''
  if (before.turn !== turn) return BETWEEN_TURNS
  return turns[turn]?.text.slice(before.textStart + before.textLength, textStart) ?? ''
}
