import {
  type CallToolResult,
  McpServer,
  type ServerContext,
  TRACEPARENT_META_KEY,
} from '@modelcontextprotocol/server'
import { z } from 'zod'
import { deletedError } from '#lib/clips/deleted-error.ts'
import { findClip } from '#lib/clips/find-clip.ts'
import { verifyClip } from '#lib/clips/verify-clip.ts'
import { type ClipHistory, readClip } from '#lib/clips/watch-clip.ts'
import { admit, identifyCaller } from '#lib/http/admission.ts'
import { clipAnswer, clipSchema } from '#lib/http/answers/clip.ts'
import { notesAnswer } from '#lib/http/answers/notes.ts'
import { spokenSchema, vocalizeAnswer } from '#lib/http/answers/vocalize.ts'
import { voicesAnswer, voicesAnswerSchema } from '#lib/http/answers/voices.ts'
import { maySeeNotes } from '#lib/http/clip-owner.ts'
import { publicBaseUrl } from '#lib/http/origin.ts'
import type { RequestContext } from '#lib/http/respond.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { software } from '#lib/model/software.ts'
import { readTraceParent } from '#lib/telemetry/trace-parent.ts'
import { failure, linkTo, result } from './results.ts'
import { clipName, speakSchema, verdictSchema } from './schemas.ts'

const INSTRUCTIONS =
  'Voicepin turns text into speech and keeps the audio on IPFS, at a permanent address that anybody can verify. Call list_voices for the ids of the voices, then speak. Give people pageUrl, where they can listen, or the URL of the resource link, the audio itself; its CID is the hash of the audio. isTemporary: true means that IPFS does not have it yet: get_clip says later where it is.'

/** A server for one request, with the four tools. Each is what a route does, with the same limits and errors. */
export function createServer(request: Request, context: RequestContext): McpServer {
  const { services } = context
  const { config, speech } = services
  const baseUrl = publicBaseUrl(config, request)
  const server = new McpServer(
    { name: 'voicepin', title: software.name, version: software.version, websiteUrl: baseUrl },
    { instructions: INSTRUCTIONS, capabilities: { tools: { listChanged: false } } },
  )

  /** What goes wrong is told to the model, which may mend it, in the words of the other routes. */
  const answering =
    <Input>(work: (input: Input) => Promise<CallToolResult>) =>
    (input: Input, { mcpReq }: Pick<ServerContext, 'mcpReq'>) => {
      context.traceParent ??= readTraceParent(mcpReq._meta?.[TRACEPARENT_META_KEY])
      return work(input).catch((error: unknown) => failure(context, error))
    }

  server.registerTool(
    'speak',
    {
      title: 'Speak a text',
      description:
        'Speaks a text and keeps the audio on IPFS. Returns a link to the audio with its CID. The same request again returns the same clip.',
      inputSchema: speakSchema(services),
      outputSchema: spokenSchema,
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    },
    answering(async ({ idempotencyKey, ...body }) => {
      const admission = await admit(request, context)
      const voiceId = body.voiceId ?? speech.vendor.exampleVoiceId
      const speaking = await admission.speak({ ...body, voiceId }, idempotencyKey)
      const { data } = vocalizeAnswer(await speaking.speak(), baseUrl)
      return result(data, linkTo(data))
    }),
  )

  server.registerTool(
    'list_voices',
    {
      title: 'List the voices',
      description: 'Lists the voices that can speak, with their ids for speak.',
      inputSchema: z.object({}),
      outputSchema: voicesAnswerSchema.shape.data,
      annotations: { readOnlyHint: true, openWorldHint: true },
    },
    answering(async () => {
      await identifyCaller(request, context)
      return result((await voicesAnswer(services)).data)
    }),
  )

  server.registerTool(
    'get_clip',
    {
      title: 'Get a clip',
      description:
        'Says where a clip is now: its state, its address, its CID, and which providers have been tried.',
      inputSchema: z.object({ clip: clipName }),
      outputSchema: clipSchema,
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    answering(async ({ clip }) => {
      const history = await requireHistory(clip)
      const notes = (await maySeeNotes(request, context, history.clip)) ? notesAnswer(history.clip) : {}
      const data = { ...clipAnswer(history, baseUrl), ...notes }
      return result(data, linkTo(data))
    }),
  )

  server.registerTool(
    'verify_clip',
    {
      title: 'Verify a clip',
      description:
        'Reads the bytes of a clip from where people get them, now, and compares their hash with its CID. Whoever does not trust this service can do the same with the URL alone.',
      inputSchema: z.object({ clip: clipName }),
      outputSchema: verdictSchema,
      annotations: { readOnlyHint: true, openWorldHint: true },
    },
    answering(async ({ clip: name }) => {
      await identifyCaller(request, context)
      const history = await requireHistory(name)
      const data = clipAnswer(history, baseUrl)
      const { isVerified, readFrom, failures } = await verifyClip(services, history.clip)
      const { id, audioUrl, cid, bytes } = data
      return result({ isVerified, readFrom, failures, id, audioUrl, cid, bytes }, linkTo(data))
    }),
  )

  async function requireHistory(name: string): Promise<ClipHistory> {
    const clip = await findClip(services, name)
    const history = clip && (await readClip(services, clip.id))
    if (!history) {
      const message = 'This service knows no such clip: give its id, the CID of a stored clip, or its URL'
      throw new ServiceError('not_found', message)
    }
    if (history.clip.state === 'deleted') throw deletedError(history.clip)
    return history
  }

  return server
}
