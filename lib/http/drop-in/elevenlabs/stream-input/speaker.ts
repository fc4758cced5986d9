import { readCaptions } from '#lib/clips/read-captions.ts'
import type { Services } from '#lib/context.ts'
import type { VocalizedClip } from '#lib/model/clip.ts'
import { createLiveScript, type LiveScript } from '#lib/scripts/live-script.ts'
import type { SpeechRequest } from '#lib/speech/speech.ts'
import type { MessageSocket } from './message-socket.ts'
import { alignmentMessage, audioMessage, finalMessage, type MessageContext } from './messages.ts'

interface SpeakerOptions {
  socket: MessageSocket
  /** How its client names it; `undefined` where there is only one. */
  contextId: string | undefined
  how: Omit<SpeechRequest, 'text'>
  context: Parameters<typeof createLiveScript>[2]
  /** Is told of each piece once it is kept. */
  onSpoken: (clip: VocalizedClip) => void
  onFailure: (error: unknown, of: MessageContext) => Promise<void>
  /** Is told once the script can be joined. */
  onEnd: () => void
}

/** Speaks the pieces of one conversation, one after the other, and sends their audio. */
export interface Speaker {
  /** Whether something is being spoken or waits for it. */
  readonly isBusy: boolean
  /**
   * Resolves once the piece is spoken and sent. Never rejects: what fails is told to the client, and nothing more is
   * spoken.
   */
  say(piece: string): Promise<void>
  /** Resolves once all is spoken and sent, the client knows it, and the script can be joined. */
  finish(): Promise<void>
}

export function createSpeaker(services: Services, options: SpeakerOptions): Speaker {
  const { socket, contextId, how } = options
  const script = createLiveScript(services, how, options.context)
  const of = { ...(contextId !== undefined && { contextId }), scriptId: script.id }
  let last: Promise<void> = Promise.resolve()
  let waiting = 0
  let hasFailed = false

  async function speak(piece: string) {
    // What nobody listens to any more is not paid for.
    if (hasFailed || !socket.isOpen) return
    const { audio, clipId, spoken } = await script.say(piece)
    spoken.then(options.onSpoken, () => {})
    for await (const bytes of audio) {
      if (!socket.isOpen) return
      await socket.send(audioMessage(bytes, of))
    }
    const captions = how.timestamps && (await readCaptions(services, clipId).catch(() => undefined))
    if (captions) await socket.send(alignmentMessage(captions.alignment, of))
  }

  return {
    get isBusy() {
      return waiting > 0
    },
    say(piece) {
      waiting += 1
      last = last
        .then(() => speak(piece))
        .catch(async (error: unknown) => {
          hasFailed = true
          await options.onFailure(error, of)
        })
        .finally(() => {
          waiting -= 1
        })
      return last
    },
    async finish() {
      await last
      if (!hasFailed) await socket.send(finalMessage(of))
      end(services, script, options.onEnd)
    },
  }
}

/** The clip of the whole is made behind the scenes. */
function end({ log, tasks }: Services, script: LiveScript, onEnd: () => void) {
  tasks.track(script.end()).then(onEnd, (error: unknown) => {
    // Its lease runs out, and another round joins it.
    log.error({ err: error, scriptId: script.id }, 'A script could not be given back')
  })
}
