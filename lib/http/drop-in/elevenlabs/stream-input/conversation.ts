import type { Services } from '#lib/context.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { camelCased } from '#lib/platform/letter-case.ts'
import type { SpeechRequest } from '#lib/speech/speech.ts'
import type { ClientMessage } from './messages.ts'
import type { Speaker } from './speaker.ts'
import { createTextBuffer } from './text-buffer.ts'

/** How long a piece is at most: what every model takes. */
const PIECE_CHARACTERS = 2500
/** As many as ElevenLabs allows. */
const MAX_CONTEXTS = 5
/** As many pieces wait to be spoken before no more messages are taken: whoever sends faster than a voice speaks waits. */
export const MAX_UNSPOKEN = 50

interface Conversation {
  speaker: Speaker
  buffer: ReturnType<typeof createTextBuffer>
}

interface ConversationsOptions {
  /** Several conversations share the socket. */
  isMulti: boolean
  isAuto: boolean
  createSpeaker: (contextId: string | undefined, how: Partial<SpeechRequest>) => Speaker
}

/** The conversations of one socket, by what their clients name them. */
export function createConversations({ config }: Pick<Services, 'config'>, options: ConversationsOptions) {
  const { isMulti, isAuto } = options
  const maxCharacters = Math.min(PIECE_CHARACTERS, config.access.maxTextLength)
  const open = new Map<string | undefined, Conversation>()
  const ending = new Set<Promise<void>>()
  const unspoken = new Set<Promise<void>>()

  function say(speaker: Speaker, piece: string) {
    const spoken = speaker.say(piece).finally(() => unspoken.delete(spoken))
    unspoken.add(spoken)
  }

  function begin(contextId: string | undefined, message: ClientMessage): Conversation {
    if (open.size >= MAX_CONTEXTS) {
      throw new ServiceError(
        'rate_limited',
        `At most ${MAX_CONTEXTS} contexts may be open at once; close one`,
      )
    }
    const how = camelCased({
      voice_settings: message.voice_settings,
      pronunciation_dictionary_locators: message.pronunciation_dictionary_locators,
    }) as Partial<SpeechRequest>
    const schedule = message.generation_config?.chunk_length_schedule
    const conversation = {
      speaker: options.createSpeaker(contextId, how),
      buffer: createTextBuffer({ schedule, isAuto, maxCharacters }),
    }
    open.set(contextId, conversation)
    return conversation
  }

  function end(contextId: string | undefined, { isWhole }: { isWhole: boolean }) {
    const conversation = open.get(contextId)
    if (!conversation) return
    open.delete(contextId)
    const { speaker, buffer } = conversation
    if (isWhole) for (const piece of buffer.flush()) say(speaker, piece)
    const finishing = speaker.finish().finally(() => ending.delete(finishing))
    ending.add(finishing)
  }

  return {
    get isBusy() {
      return ending.size > 0 || [...open.values()].some(({ speaker }) => speaker.isBusy)
    },

    /**
     * Takes one message, and waits while too much is still to be spoken. Returns whether the client has said all.
     *
     * @throws ServiceError `rate_limited`
     */
    async take(message: ClientMessage): Promise<boolean> {
      if (isMulti && message.close_socket) return true
      const contextId = isMulti ? message.context_id : undefined
      if (isMulti && message.close_context) {
        end(contextId, { isWhole: false })
        return false
      }
      const { text = '', flush = false } = message
      const known = open.get(contextId)
      // To keep a context alive it is sent no text; without several of them that is the end.
      if (text === '' && !isMulti) return true
      if (!known && text === '' && !message.voice_settings) return false
      const { buffer, speaker } = known ?? begin(contextId, message)
      const isUrgent = message.try_trigger_generation ?? false
      const pieces = [...buffer.add(text, { isUrgent }), ...(flush ? buffer.flush() : [])]
      for (const piece of pieces) say(speaker, piece)
      while (unspoken.size >= MAX_UNSPOKEN) await Promise.race(unspoken)
      return false
    },

    /** No more comes. `isWhole`: what waits for more text is spoken, too. Resolves once all is sent. */
    async finish({ isWhole }: { isWhole: boolean }) {
      for (const contextId of [...open.keys()]) end(contextId, { isWhole })
      await Promise.all(ending)
    },
  }
}
