import type { NewPiece } from '#lib/catalog/scripts.ts'
import { spendCharacters } from '#lib/clips/character-budget.ts'
import { resolveSpeech } from '#lib/clips/vocalize.ts'
import type { Services } from '#lib/context.ts'
import type { ClipNotes } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { newScriptId, type Script } from '#lib/model/script.ts'
import type { SpeechRequest } from '#lib/speech/speech.ts'
import { cutText } from './cut-text.ts'
import { asText, type Turn } from './script-request.ts'

/**
 * How long a piece is at most. Every model takes that (ElevenLabs' from 5,000 for v3 to 40,000 for Flash v2.5, OpenAI's
 * 4,096); a vendor needs less than a minute for it, several pieces are spoken at once, and one that breaks off costs
 * little.
 *
 * @see https://elevenlabs.io/docs/overview/models
 */
const PIECE_CHARACTERS = 2500

export interface NewScriptRequest {
  turns: SpeechRequest[]
  reuse?: boolean | undefined
  label?: ClipNotes['label'] | undefined
  metadata?: ClipNotes['metadata'] | undefined
}

export interface ScriptContext {
  requestId: string
  /** Who sends it, as rate limits and budgets know callers. */
  caller: string
  reuseScope: string | undefined
  /** A hash of the caller's `Idempotency-Key`, and a keyed hash of the body that it was sent with. */
  key?: { hash: string; fingerprint: string } | undefined
}

/**
 * Records a script, cut into pieces at the ends of sentences, and counts its characters against the daily budget of its
 * caller. Under a key that was used within a day it returns the script of that call.
 *
 * @throws ServiceError `character_budget_exceeded`, `idempotency_key_reused`
 * @throws CatalogError
 */
export async function createScript(
  services: Services,
  request: NewScriptRequest,
  context: ScriptContext,
): Promise<Script> {
  const { catalog, clock } = services
  const { requestId, caller, reuseScope = null, key } = context
  const known = await findRepeated(services, key)
  if (known) return known
  const turns = request.turns.map((turn): Turn => ({ ...turn, ...resolveSpeech(services.speech, turn) }))
  const pieces = piecesOf(services, turns)
  const spending = await spendCharacters(services, caller, turns.map(({ text }) => text).join(''))
  const id = newScriptId()
  const script = {
    id,
    requestId,
    caller,
    reuseScope,
    label: request.label ?? null,
    metadata: request.metadata ?? null,
    request: asText({ turns, reuse: request.reuse }),
    characters: pieces.reduce((sum, { characters }) => sum + characters, 0),
    pieceCount: pieces.length,
    idempotencyKey: key?.hash ?? null,
    fingerprint: key?.fingerprint ?? null,
    createdAt: clock.now(),
  }
  const isCreated = await catalog.scripts.create(script, pieces).catch(async (error: unknown) => {
    await spending.refund()
    throw error
  })
  // The same call has come twice at the same time.
  if (!isCreated) await spending.refund()
  return (isCreated ? await catalog.scripts.find(id) : await findRepeated(services, key)) as Script
}

async function findRepeated(
  { catalog, clock }: Services,
  key: ScriptContext['key'],
): Promise<Script | undefined> {
  const found = key && (await catalog.scripts.findByKey(key.hash, clock.now()))
  if (!key || !found) return undefined
  if (found.fingerprint !== key.fingerprint) {
    const message = 'This Idempotency-Key was sent with another body; use a new one'
    throw new ServiceError('idempotency_key_reused', message)
  }
  return (await catalog.scripts.find(found.id)) ?? undefined
}

function piecesOf({ config }: Services, turns: Turn[]): NewPiece[] {
  const maxCharacters = Math.min(PIECE_CHARACTERS, config.access.maxTextLength)
  return turns
    .flatMap(({ text }, turn) =>
      cutText(text, maxCharacters).map((piece) => ({
        turn,
        textStart: piece.start,
        textLength: piece.text.length,
        characters: [...piece.text].length,
      })),
    )
    .map((piece, number) => ({ ...piece, number }))
}
