import type { ScriptPiece } from '#lib/model/script.ts'
import type { Speech } from '#lib/speech/speech.ts'
import type { Turn } from './script-request.ts'

/** How much of what stands before and after it a piece is spoken with, in UTF-16 code units. */
const CONTEXT_LENGTH = 500
/**
 * The models that take it; `eleven_v3` refuses a request that has it.
 *
 * @see https://elevenlabs.io/docs/api-reference/text-to-speech/convert
 */
const WITH_CONTEXT = /_v[12](_5)?$/

/**
 * The piece of a turn, with what stands around it where the vendor takes that: it is spoken as a part of the whole then.
 * What the caller has said of the turn's own surroundings holds at its ends.
 */
export function withContext(
  { vendor }: Pick<Speech, 'vendor'>,
  turn: Turn,
  { textStart, textLength }: Pick<ScriptPiece, 'textStart' | 'textLength'>,
): Turn {
  const { previousText, nextText, previousRequestIds, nextRequestIds, ...rest } = turn
  const textEnd = textStart + textLength
  const text = turn.text.slice(textStart, textEnd)
  const before = turn.text.slice(Math.max(0, textStart - CONTEXT_LENGTH), textStart).toWellFormed()
  const after = turn.text.slice(textEnd, textEnd + CONTEXT_LENGTH).toWellFormed()
  const takesContext = vendor.fields.previousText === 'passed' && WITH_CONTEXT.test(turn.modelId)
  const isFirst = before.trim() === ''
  const isLast = after.trim() === ''
  return {
    ...rest,
    text,
    ...(isFirst && { previousText, previousRequestIds }),
    ...(isLast && { nextText, nextRequestIds }),
    ...(!isFirst && takesContext && { previousText: before }),
    ...(!isLast && takesContext && { nextText: after }),
  }
}
