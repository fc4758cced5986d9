import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'

type ZodOpenApiMediaTypes = Record<string, { schema: z.ZodType }>

import { captionsJsonSchema } from '#lib/http/answers/captions.ts'
import { clipAnswerSchema } from '#lib/http/answers/clip.ts'
import { deletedAnswerSchema } from '#lib/http/answers/deletion.ts'
import { clipId } from '#lib/http/answers/fields.ts'
import { oembedAnswerSchema, oembedQuery } from '#lib/http/answers/oembed.ts'
import { ownClipsAnswerSchema, ownClipsQuery } from '#lib/http/answers/own-clips.ts'
import { answer, audioContent, problems } from './parts.ts'

const requestParams = { path: z.object({ id: clipId }) }
const security: [] = []
const tags = ['Clips']

const audioAnswers = {
  '200': { description: 'The whole clip', content: audioContent },
  '206': { description: 'The part that `Range` asked for', content: audioContent },
  '302': {
    description: 'The clip is on IPFS only, or a bucket serves it: the permanent URL, or a presigned one',
    headers: z.object({ Location: z.url() }),
  },
  '304': { description: 'The caller has the current clip already' },
  ...problems('not_found', 'expired', 'deleted', 'precondition_failed', 'range_not_satisfiable'),
  ...problems('storage_unavailable', 'content_damaged'),
}

function captionsPath(
  name: string,
  what: string,
  content: ZodOpenApiMediaTypes,
): ZodOpenApiPathsObject[string] {
  return {
    get: {
      operationId: `getCaptions${name}`,
      tags,
      security,
      requestParams,
      summary: `Get the captions of a clip as ${what}`,
      description:
        'When which word is said. There are captions only of clips that were asked for with `timestamps`, from a voice that says so.',
      responses: {
        '200': { description: 'When which word is said', content },
        '206': { description: 'The part that `Range` asked for', content },
        '304': { description: 'The caller has them already' },
        ...problems('not_found', 'expired', 'deleted', 'precondition_failed', 'range_not_satisfiable'),
        ...problems('storage_unavailable'),
      },
    },
  }
}

/** The state of a clip, and its bytes. */
export const clipPaths: ZodOpenApiPathsObject = {
  '/api/clips': {
    get: {
      operationId: 'listClips',
      tags,
      security: [{ callerKey: [] }, { callerKeyHeader: [] }, { adminKey: [] }],
      requestParams: { query: ownClipsQuery },
      summary: 'List the clips of your key, newest first',
      description:
        'Pieces of scripts are among them. With `ADMIN_API_KEY` it lists the clips of all. Without `VOCALIZE_API_KEYS` clips belong to nobody, and only the operator lists them.',
      responses: {
        '200': answer('One page of clips, with what you have noted about them', ownClipsAnswerSchema),
        ...problems('invalid_request', 'unauthorized', 'rate_limited', 'storage_unavailable'),
      },
    },
  },
  '/api/clips/{id}': {
    delete: {
      operationId: 'deleteClip',
      tags,
      security: [{ callerKey: [] }, { callerKeyHeader: [] }, { adminKey: [] }],
      requestParams,
      summary: 'Delete a clip everywhere this service can reach',
      description:
        'Nobody is served the clip from then on: every address of it answers 410. Its bytes, captions and copies here are deleted, and its pins at all providers that can end them; what does not work at once is tried again in the background. The clip of a script takes the pieces along that were spoken for it alone. Sent again, it says how far the deletion has come, and tries at once what is left. Others may hold copies.',
      responses: {
        '200': answer('It is deleted wherever it could be', deletedAnswerSchema),
        '202': answer('It is not served any more; some providers are asked again', deletedAnswerSchema),
        ...problems('unauthorized', 'forbidden', 'not_found', 'clip_in_use', 'rate_limited', 'cross_site'),
        ...problems('storage_unavailable', 'shutting_down'),
      },
    },
    get: {
      operationId: 'getClip',
      tags,
      security,
      requestParams,
      summary: 'Get the state of a clip, with every upload attempt',
      description:
        'Where the clip is now: its `state`, its `audioUrl`, its `cid`, who spoke it, and each attempt at a provider. `id` is the one that `vocalize` answered.',
      responses: {
        '200': answer('The record of the clip; expired clips keep theirs', clipAnswerSchema),
        ...problems('not_found', 'deleted', 'storage_unavailable'),
      },
    },
  },
  '/api/clips/{id}/events': {
    get: {
      operationId: 'followClip',
      tags,
      security,
      requestParams,
      summary: 'Watch a clip until it is stored or expired',
      description: 'A server-sent event `clip` for each change; its data are those of `GET /api/clips/{id}`.',
      responses: {
        '200': { description: 'The events', content: { 'text/event-stream': { schema: z.string() } } },
        '204': { description: 'The event that `Last-Event-ID` names was the last one' },
        ...problems('not_found', 'deleted', 'rate_limited', 'storage_unavailable', 'shutting_down'),
      },
    },
  },
  '/api/clips/{id}/captions.vtt': captionsPath('Vtt', 'WebVTT', { 'text/vtt': { schema: z.string() } }),
  '/api/clips/{id}/captions.srt': captionsPath('Srt', 'SubRip', {
    'application/x-subrip': { schema: z.string() },
  }),
  '/api/clips/{id}/captions.json': captionsPath('Json', 'JSON: words and characters', {
    'application/json': { schema: captionsJsonSchema },
  }),
  '/api/oembed': {
    get: {
      operationId: 'getOembed',
      tags,
      security,
      requestParams: { query: oembedQuery },
      summary: 'Ask how to embed the page of a clip',
      description:
        'What [oEmbed](https://oembed.com) says of a `pageUrl`: the HTML of a frame with the player. Sites that embed links find this address in the page itself.',
      responses: {
        '200': answer('The frame, and its size', oembedAnswerSchema),
        ...problems('invalid_request', 'not_found', 'expired', 'deleted', 'format_not_implemented'),
        ...problems('storage_unavailable'),
      },
    },
  },
  '/api/temp-audio/{id}': {
    get: {
      operationId: 'getAudio',
      tags,
      security,
      requestParams: {
        ...requestParams,
        query: z.object({
          download: z
            .string()
            .optional()
            .meta({ description: 'If present, the browser is told to save the clip as a file.' }),
        }),
        header: z.object({ Range: z.string().optional().meta({ example: 'bytes=0-1023' }) }),
      },
      summary: 'Get the audio of a clip',
      description:
        'The bytes of the clip, whole or in parts, or a redirect to where they are. The id may be followed by the extension of its file, such as `.mp3`. This is the temporary URL of `vocalize`; once IPFS has the clip the permanent one is better.',
      responses: audioAnswers,
    },
    head: {
      operationId: 'headAudio',
      tags,
      security,
      requestParams,
      summary: 'Get the size and type of a clip',
      description: 'The headers that `getAudio` would answer, without the bytes.',
      responses: audioAnswers,
    },
  },
}
