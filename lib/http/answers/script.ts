import { z } from 'zod'
import { isKeyCaller } from '#lib/clips/maker.ts'
import type { Script, ScriptPiece } from '#lib/model/script.ts'
import { withoutAddresses } from '#lib/platform/without-addresses.ts'
import type { ScriptProgress } from '#lib/scripts/watch-script.ts'
import { clipAnswer, clipSchema } from './clip.ts'
import * as field from './fields.ts'
import { notesAnswer } from './notes.ts'
import { iso } from './or-absent.ts'

const pieceSchema = z.object({
  clipId: field.clipId,
  turn: field.count,
  textStart: field.count.meta({
    description: 'Where it begins in the text of its turn, in UTF-16 code units; so is its length.',
  }),
  textLength: field.count,
  startMs: field.count.meta({ description: 'Where it begins in the joined audio.' }),
  durationMs: field.count,
  reused: z.literal(true).optional(),
})

const scriptViewSchema = z
  .object({
    id: field.scriptId,
    state: z
      .enum([
        'speaking',
        'joining',
        'staged',
        'pending',
        'stored',
        'expired',
        'deleted',
        'failed',
        'cancelled',
      ])
      .meta({ description: 'Once the pieces are joined, it is the state of the clip.' }),
    url: z.url(),
    characters: field.count,
    spokenCharacters: field.count,
    pieceCount: field.count,
    spokenPieces: field.count,
    createdAt: field.time,
    endedAt: field.time.optional(),
    nextAttemptAt: field.time
      .optional()
      .meta({ description: 'When a script that has met an error goes on.' }),
    error: z
      .object({ code: z.string(), detail: z.string() })
      .optional()
      .meta({ description: 'The last error: the one that it failed by, or that it waits after.' }),
    clip: clipSchema.optional(),
    ...field.notes,
    pieces: z
      .array(pieceSchema)
      .optional()
      .meta({ description: 'Those that are spoken; only `GET /api/scripts/{id}` lists them.' }),
  })
  .meta({ id: 'Script' })

export const scriptAnswerSchema = z
  .object({ success: field.success, data: scriptViewSchema })
  .meta({ id: 'ScriptAnswer' })

/** A script as `GET /api/scripts/{id}` and its events describe it. */
export function scriptAnswer({ script, joined }: ScriptProgress, baseUrl: string) {
  const { id, characters, spokenCharacters, pieceCount, spokenPieces, createdAt, endedAt } = script
  const isWaiting = script.state === 'speaking' && script.lastError !== null
  return {
    id,
    state: stateOf(script, joined),
    url: `${baseUrl}/api/scripts/${id}`,
    characters,
    spokenCharacters,
    pieceCount,
    spokenPieces,
    createdAt: iso(createdAt),
    endedAt: endedAt === null ? undefined : iso(endedAt),
    nextAttemptAt: isWaiting ? iso(script.nextAttemptAt) : undefined,
    error: errorOf(script),
    clip: joined && joined.clip.state !== 'deleted' ? clipAnswer(joined, baseUrl) : undefined,
    // Of a script without a key whoever knows its id sees all that is here.
    ...(isKeyCaller(script.caller) && notesAnswer(script)),
  }
}

/** The pieces that are spoken. */
export function pieceAnswers(pieces: ScriptPiece[]) {
  let startMs = 0
  return pieces.flatMap(({ clipId, isSpoken, isReused, turn, textStart, textLength, durationMs }) => {
    if (!isSpoken || clipId === null || durationMs === null) return []
    const piece = { clipId, turn, textStart, textLength, startMs, durationMs }
    startMs += durationMs
    return [{ ...piece, ...(isReused && { reused: true }) }]
  })
}

function stateOf(script: Script, joined: ScriptProgress['joined']) {
  if (script.state !== 'speaking' && script.state !== 'joined') return script.state
  if (joined) return joined.clip.state
  if (script.state === 'joined') return 'expired'
  return script.spokenPieces === script.pieceCount ? 'joining' : 'speaking'
}

function errorOf({ errorCode, lastError }: Script) {
  if (errorCode === null || lastError === null) return undefined
  return { code: errorCode, detail: withoutAddresses(lastError) }
}
