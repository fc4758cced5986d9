import type { Services } from '#lib/context.ts'
import { identifyCaller, reuseScopeOf } from '#lib/http/admission.ts'
import { parseWith } from '#lib/http/body.ts'
import { clientAddress } from '#lib/http/client-address.ts'
import { elevenLabsWords, nameOf } from '#lib/http/drop-in/elevenlabs/errors.ts'
import { voiceIdIn } from '#lib/http/drop-in/elevenlabs/request.ts'
import { newContext, type RequestContext, reportProblem } from '#lib/http/respond.ts'
import type { VocalizedClip } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { camelCased } from '#lib/platform/letter-case.ts'
import type { SpeechRequest } from '#lib/speech/speech.ts'
import { createConversations } from './conversation.ts'
import { closeCodes, type MessageSocket } from './message-socket.ts'
import {
  type ClientMessage,
  clientMessageSchema,
  type MessageContext,
  streamQuerySchema,
} from './messages.ts'
import { createSpeaker } from './speaker.ts'

const DEFAULT_TIMEOUT_SECONDS = 20
const MAX_REASON_BYTES = 123

interface StreamInputHooks {
  /** The work that is due once a clip was spoken. */
  afterVocalize: (clip: VocalizedClip) => void
  /** The work that is due once a script can be joined. */
  afterScript: () => void
}

/**
 * Admits a WebSocket of ElevenLabs' `stream-input`, or `multi-stream-input`. Returns the function that converses by it:
 * texts are spoken as they come, and become one clip in the end. A caller without a key in its headers may send it in its
 * first message.
 *
 * @see https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-stream-input
 * @throws ServiceError `cross_site`, `unauthorized`, `rate_limited`, `invalid_request`
 */
export async function openStreamInput(services: Services, request: Request, hooks: StreamInputHooks) {
  refuseForeignPage(services, request)
  const context = newContext(services, request)
  const url = new URL(request.url)
  const { inactivity_timeout, sync_alignment, auto_mode, ...query } = parseWith(
    streamQuerySchema(services.config.access),
    Object.fromEntries(url.searchParams),
  )
  const how = {
    ...(camelCased(query) as Partial<SpeechRequest>),
    voiceId: voiceIdIn(url.pathname),
    ...(sync_alignment && services.speech.vendor.hasTimestamps && { timestamps: true }),
  }
  const sendsKeyLater =
    services.config.access.vocalizeApiKeys.length > 0 &&
    !request.headers.has('Authorization') &&
    !request.headers.has('xi-api-key')
  const caller = sendsKeyLater ? undefined : await identifyCaller(request, context)
  const address = clientAddress(request, services.config.access.trustedProxies)
  const timeoutMs = (inactivity_timeout ?? DEFAULT_TIMEOUT_SECONDS) * 1000
  const isMulti = url.pathname.endsWith('/multi-stream-input')
  const talk = { context, how, timeoutMs, isMulti, isAuto: auto_mode ?? false, hooks }

  return async function converse(socket: MessageSocket): Promise<void> {
    let release = () => {}
    try {
      release = services.connectionLimit.take(address)
      const identify: Talk['identify'] = async (message) =>
        caller ?? identifyByMessage(request, context, message)
      await run({ ...talk, socket, identify })
    } catch (error) {
      await refuse(context, socket, { error })
    } finally {
      release()
    }
  }
}

/** Pages may use what they may read: a browser asks nobody before it opens a WebSocket. @throws ServiceError `cross_site` */
function refuseForeignPage({ config }: Services, { headers }: Request) {
  const { corsAllowedOrigins } = config.access
  const origin = headers.get('Origin')
  if (origin === null || corsAllowedOrigins.includes('*') || corsAllowedOrigins.includes(origin)) return
  throw new ServiceError(
    'cross_site',
    `Pages of ${origin} may not use this; CORS_ALLOWED_ORIGINS says which may`,
  )
}

interface Talk {
  context: RequestContext
  socket: MessageSocket
  how: Omit<SpeechRequest, 'text'>
  timeoutMs: number
  isMulti: boolean
  isAuto: boolean
  hooks: StreamInputHooks
  identify: (first: ClientMessage) => Promise<string>
}

async function run(talk: Talk): Promise<void> {
  const { context, socket } = talk
  const { services } = context
  let conversations: ReturnType<typeof createConversations> | undefined
  const messages = socket.messages[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await within(services, messages, {
        ms: talk.timeoutMs,
        isBusy: () => conversations?.isBusy,
      })
      if (next === 'stopping') {
        await conversations?.finish({ isWhole: false })
        return socket.close(closeCodes.restart, 'The service is shutting down; connect again')
      }
      // Whoever has gone needs no more than what was begun, whatever else has come before.
      if (next === undefined || !socket.isOpen) return await conversations?.finish({ isWhole: false })
      const message = readMessage(next)
      conversations ??= beginTalk(talk, await talk.identify(message))
      if (!(await conversations.take(message))) continue
      await conversations.finish({ isWhole: true })
      return socket.close(closeCodes.done, '')
    }
  } catch (error) {
    await refuse(context, socket, { error })
    await conversations?.finish({ isWhole: false })
  }
}

function beginTalk(talk: Talk, caller: string) {
  const { context, socket, hooks } = talk
  const { services, requestId } = context
  const script = { requestId, caller, reuseScope: reuseScopeOf(services, caller) }
  return createConversations(services, {
    isMulti: talk.isMulti,
    isAuto: talk.isAuto,
    createSpeaker: (contextId, own) =>
      createSpeaker(services, {
        ...{ socket, contextId, context: script },
        how: { ...talk.how, ...own },
        onSpoken: hooks.afterVocalize,
        onEnd: hooks.afterScript,
        // One of several leaves the others alone.
        onFailure: (error, of) => refuse(context, socket, { error, of, isOver: !talk.isMulti }),
      }),
  })
}

function readMessage(text: string): ClientMessage {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    const message = 'The message is not valid JSON: send an object such as {"text":"Hello "}'
    throw new ServiceError('invalid_json', message, { cause })
  }
  return parseWith(clientMessageSchema, value)
}

/** Says what is wrong, in ElevenLabs' shape, and closes the socket where that ends it. */
async function refuse(
  context: RequestContext,
  socket: MessageSocket,
  { error, of = {}, isOver = true }: { error: unknown; of?: MessageContext; isOver?: boolean },
) {
  const problem = reportProblem(context, error)
  const { status, body } = problem
  const { message } = elevenLabsWords(problem)
  const code = status >= 500 ? closeCodes.failed : closeCodes.refused
  const name = nameOf(body.code)
  await socket.send(JSON.stringify({ message, error: name, code, ...of }))
  if (isOver) socket.close(code, Buffer.from(name).toString('utf8', 0, MAX_REASON_BYTES))
}

/** The caller by the key in the first message. @throws ServiceError `unauthorized`, `rate_limited` */
function identifyByMessage(request: Request, context: RequestContext, first: ClientMessage): Promise<string> {
  const headers = new Headers(request.headers)
  if (first.xi_api_key) headers.set('xi-api-key', first.xi_api_key)
  if (first.authorization) headers.set('Authorization', first.authorization)
  return identifyCaller(new Request(request.url, { headers }), context)
}

/**
 * The next message; `undefined` when there is none any more, and `stopping` when the service stops first.
 *
 * @throws ServiceError `request_timeout` when nothing came for `ms` and nothing is being spoken
 */
async function within(
  { clock, tasks }: Services,
  messages: AsyncIterator<string>,
  { ms, isBusy }: { ms: number; isBusy: () => boolean | undefined },
): Promise<string | 'stopping' | undefined> {
  const received = messages.next().then(({ done, value }) => (done ? undefined : { text: value }))
  for (;;) {
    const over = new AbortController()
    const limit = AbortSignal.any([over.signal, tasks.stopping])
    const timer = clock.sleep(ms, limit).then(
      () => 'late' as const,
      () => 'stopping' as const,
    )
    const first = await Promise.race([received, timer]).finally(() => over.abort())
    if (first === 'stopping') return first
    if (first !== 'late') return first?.text
    if (!isBusy()) {
      const message = `No text came for ${ms / 1000} seconds; send some, or a longer inactivity_timeout`
      throw new ServiceError('request_timeout', message)
    }
  }
}
