import type { Alignment } from '#lib/captions/alignment.ts'
import { type AlignedPart, mergeAlignments } from '#lib/captions/merge.ts'
import { unpackAlignment } from '#lib/captions/pack.ts'
import type { LeasedScript } from '#lib/catalog/scripts.ts'
import type { Services } from '#lib/context.ts'
import { readRequest } from './script-request.ts'

/** What stands between the turns in the text of a whole script. */
const BETWEEN_TURNS = '\n\n'

/**
 * When which part of a whole script is spoken, from the captions of its pieces. `undefined` where nobody has asked for
 * `timestamps`, or no piece has any.
 *
 * @throws CatalogError
 */
export async function alignScript(
  { catalog }: Services,
  script: LeasedScript,
): Promise<Alignment | undefined> {
  const { turns } = readRequest(script.request)
  if (!turns.some(({ timestamps }) => timestamps)) return undefined
  const starts = turns.map((_, turn) =>
    turns.slice(0, turn).reduce((sum, { text }) => sum + text.length + BETWEEN_TURNS.length, 0),
  )
  const parts: AlignedPart[] = []
  let startMs = 0
  for (const { clipId, turn, textStart, durationMs } of await catalog.scripts.piecesOf(script.id)) {
    const captions = clipId === null ? null : await catalog.captions.find(clipId)
    const start = (starts[turn] ?? 0) + textStart
    if (captions) parts.push({ alignment: unpackAlignment(captions.alignment), start, startMs })
    startMs += durationMs ?? 0
  }
  return parts.length > 0
    ? mergeAlignments(turns.map(({ text }) => text).join(BETWEEN_TURNS), parts)
    : undefined
}
