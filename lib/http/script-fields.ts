import { z } from 'zod'
import type { Config } from '#lib/config/index.ts'
import { type FieldError, ServiceError } from '#lib/model/errors.ts'
import { oncePer } from '#lib/platform/once-per.ts'
import type { NewScriptRequest } from '#lib/scripts/create-script.ts'
import type { SpeechRequest } from '#lib/speech/speech.ts'
import { noteFields } from './note-fields.ts'
import { optional } from './optional.ts'
import { vocalizeSchema } from './speech-fields.ts'

const MAX_TURNS = 1000
/** JSON may write an emoji, which is one character, as `\ud83d\ude00`. */
const MAX_BYTES_A_CHARACTER = 12

type Access = Config['access']

/** How large the body of a script may be, in bytes: its text at its longest, and what others may have around theirs. */
export const scriptBodyBytes = ({ maxBodyBytes, maxScriptLength }: Access) =>
  maxBodyBytes + MAX_BYTES_A_CHARACTER * maxScriptLength

/** The body of `POST /api/scripts`: a text or turns. Unknown fields are ignored; `null` counts as absent. */
export const scriptSchema = oncePer((access: Access) => {
  const {
    text,
    voiceId,
    outputFormat,
    timestamps,
    reuse,
    label: _,
    metadata: __,
    ...howSpoken
  } = vocalizeSchema({
    ...access,
    maxTextLength: access.maxScriptLength,
  }).shape
  // Captions have the text of all turns, or there are none.
  const ofAll = optional(
    z
      .never('must stand beside turns: captions are made of all of them, or of none')
      .meta({ description: 'Only beside `turns`: captions are made of all of them, or of none.' }),
  )
  const turn = z
    .object({ text, voiceId: optional(voiceId), ...howSpoken, timestamps: ofAll })
    .meta({ id: 'Turn' })
  return z.object({
    text: optional(text),
    turns: optional(
      z.array(turn).min(1, 'must not be empty').max(MAX_TURNS, `must be at most ${MAX_TURNS}`),
    ).meta({
      description: `In place of \`text\`: 1 to ${MAX_TURNS} turns, spoken one after the other. What a turn leaves out it takes from the fields beside \`turns\`. All of them together have at most ${access.maxScriptLength} characters.`,
    }),
    voiceId: optional(voiceId),
    outputFormat,
    ...howSpoken,
    timestamps,
    reuse,
    ...noteFields,
  })
})

type ScriptBody = z.output<ReturnType<typeof scriptSchema>>

/**
 * The turns of a body, each with all that it says about itself and what it takes from the body.
 *
 * @throws ServiceError `invalid_request`
 */
export function readTurns(body: ScriptBody, { maxScriptLength }: Access): NewScriptRequest {
  const { text, turns: given, reuse, label, metadata, ...common } = body
  if (text === undefined && given === undefined) throw wrong('text', 'is required, or turns')
  if (text !== undefined && given !== undefined) throw wrong('turns', 'must not stand beside text')
  const turns = (given ?? [{ text: text as string }]).map((turn, index): SpeechRequest => {
    const own = Object.fromEntries(Object.entries(turn).filter(([, value]) => value !== undefined))
    const whole = { ...common, ...own } as SpeechRequest
    if (whole.voiceId === undefined) throw wrong(given ? `turns.${index}.voiceId` : 'voiceId', 'is required')
    return whole
  })
  const characters = turns.reduce((sum, turn) => sum + [...turn.text].length, 0)
  if (characters > maxScriptLength) {
    throw wrong('turns', `must have at most ${maxScriptLength} characters together, and have ${characters}`)
  }
  return { turns, reuse, label, metadata }
}

function wrong(path: string, message: string): ServiceError {
  const errors: FieldError[] = [{ path, message }]
  return new ServiceError('invalid_request', `The request is not valid: ${path}: ${message}`, { errors })
}
