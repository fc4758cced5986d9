import { LIVE_LEASE_MS } from '#lib/catalog/leases.ts'
import type { LastPiece } from '#lib/catalog/live-scripts.ts'
import { LeaseLostError } from '#lib/clips/attempt-log.ts'
import { spendCharacters } from '#lib/clips/character-budget.ts'
import { holdLease } from '#lib/clips/heartbeat.ts'
import { type Listener, type LiveAudio, speakLive } from '#lib/clips/live-listener.ts'
import { makerOf } from '#lib/clips/maker.ts'
import { resolveSpeech } from '#lib/clips/vocalize.ts'
import { vocalizeOnce } from '#lib/clips/vocalize-once.ts'
import type { Services } from '#lib/context.ts'
import { newClipId, type VocalizedClip } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { newScriptId } from '#lib/model/script.ts'
import type { SpeechRequest } from '#lib/speech/speech.ts'
import type { ScriptContext } from './create-script.ts'
import { asText, type Turn } from './script-request.ts'
import { withContext } from './with-context.ts'

/** A script whose text comes while it is spoken. */
export interface LiveScript {
  readonly id: string
  /**
   * Speaks a further piece, one at a time. Resolves with its audio once the first byte is there. What was begun is spoken
   * to its end and kept, whether or not the audio is read.
   *
   * @throws ServiceError as `vocalize` does, `character_budget_exceeded`, `invalid_request` when the script is too long
   */
  say(text: string): Promise<LivePiece>
  /** No more text comes: what was spoken is joined to one clip, behind the scenes. Resolves once that can begin. */
  end(): Promise<void>
}

export interface LivePiece extends LiveAudio {
  clipId: string
  /** Settles once the piece is uploaded or given up. */
  spoken: Promise<VocalizedClip>
}

/** The last piece of a script, and the text before it. */
type Appended = Omit<LastPiece, 'request'> & { before: string }

/**
 * Begins a script of one voice. It is recorded with its first piece, and each piece before that is spoken: a process that
 * goes on after a crash finds every piece, and joins them as those of any other script.
 */
export function createLiveScript(
  services: Services,
  how: Omit<SpeechRequest, 'text'>,
  { requestId, caller, reuseScope = undefined }: Omit<ScriptContext, 'key'>,
): LiveScript {
  const { catalog, clock, config, leaseOwner: owner, tasks } = services
  const id = newScriptId()
  const turn: Turn = { ...how, text: '', ...resolveSpeech(services.speech, { ...how, text: '' }) }
  const pieces: Promise<unknown>[] = []
  let number = 0
  let letGo: (() => void) | undefined

  /** Records the script at its first piece. */
  async function begin() {
    if (letGo) return
    const createdAt = clock.now()
    const script = {
      ...{ id, requestId, caller, createdAt, reuseScope: reuseScope ?? null },
      ...{ request: asText({ turns: [turn] }), characters: 0, pieceCount: 0 },
      ...{ idempotencyKey: null, fingerprint: null },
    }
    await catalog.scripts.create(script, [], { owner, expiresAt: createdAt + LIVE_LEASE_MS })
    letGo = holdLease(services, { scriptId: id })
  }

  /** Makes `text` the last piece of the script. */
  async function append(text: string): Promise<Appended> {
    const before = turn.text
    const textStart = before === '' ? 0 : before.length + 1
    const piece = { number, turn: 0, textStart, textLength: text.length, characters: [...text].length }
    const last = { piece: { ...piece, clipId: newClipId() }, owner }
    const whole = `${before}${before === '' ? '' : ' '}${text}`
    if (
      !(await catalog.scripts.append(id, { ...last, request: asText({ turns: [{ ...turn, text: whole }] }) }))
    ) {
      throw new LeaseLostError('The script has ended, or another process works on it')
    }
    number += 1
    turn.text = whole
    return { ...last, before }
  }

  /** It could not be spoken: the script goes on without it. */
  async function drop({ before, ...last }: Appended) {
    const request = asText({ turns: [{ ...turn, text: before }] })
    if (!(await catalog.scripts.dropLast(id, { ...last, request }).catch(() => false))) return
    number -= 1
    turn.text = before
  }

  async function speak({ piece }: Appended, listener: Listener): Promise<VocalizedClip> {
    const request = withContext(services.speech, turn, piece)
    const clip = await vocalizeOnce(services, request, {
      id: piece.clipId,
      ...{ requestId, reuseScope, listener },
      madeBy: await makerOf(services, caller),
    })
    const { durationMs, isReused = false } = clip
    await catalog.scripts.finishPiece(id, {
      ...{ number: piece.number, clipId: clip.id, durationMs, isReused },
    })
    return clip
  }

  return {
    id,
    async say(text) {
      requireShort(turn.text.length + text.length, config.access.maxScriptLength)
      const budget = await spendCharacters(services, caller, text)
      const last = await begin()
        .then(() => append(text))
        .catch(async (error: unknown) => {
          await budget.refund()
          throw error
        })
      const spoken = Promise.withResolvers<VocalizedClip>()
      pieces.push(spoken.promise.catch(() => {}))
      const live = await speakLive(async (listener) => {
        try {
          spoken.resolve(await tasks.track(speak(last, listener)))
        } catch (error) {
          await drop(last)
          await budget.afterFailure(error)
          spoken.reject(error)
          throw error
        }
      })
      return { clipId: last.piece.clipId, ...live, spoken: spoken.promise }
    },
    async end() {
      await Promise.all(pieces)
      if (!letGo) return
      letGo()
      if (number > 0) await catalog.scripts.giveBack(id, { owner, now: clock.now() })
      else await catalog.scripts.end(id, { ...nothingSpoken, endedAt: clock.now(), owner })
    },
  }
}

const nothingSpoken = {
  state: 'failed',
  errorCode: 'speech_unavailable',
  error: 'None of its text could be spoken',
} as const

function requireShort(length: number, maxLength: number) {
  if (length <= maxLength) return
  const message = `must have at most ${maxLength} characters in all`
  throw new ServiceError('invalid_request', `The request is not valid: text: ${message}`, {
    errors: [{ path: 'text', message }],
  })
}
