import { z } from 'zod'
import type { Alignment } from '#lib/captions/alignment.ts'
import { asCaptionsJson } from '#lib/captions/json.ts'
import { asSrt } from '#lib/captions/srt.ts'
import { asWebVtt } from '#lib/captions/webvtt.ts'
import { readCaptions } from '#lib/clips/read-captions.ts'
import { answerBytes } from '#lib/http/bytes/answer-bytes.ts'
import { idInPath } from '#lib/http/id-in-path.ts'
import type { Handler } from '#lib/http/respond.ts'
import { computeCid } from '#lib/ipfs/blocks/car.ts'
import type { Clip } from '#lib/model/clip.ts'
import { absoluteUrl } from '#lib/model/permanent-url.ts'
import { chunksOf } from '#lib/platform/blob-chunks.ts'
import * as field from './fields.ts'

const MAX_AGE_SECONDS = 3600

const formats = {
  vtt: { contentType: 'text/vtt; charset=utf-8', write: asWebVtt },
  srt: { contentType: 'application/x-subrip; charset=utf-8', write: asSrt },
  json: {
    contentType: 'application/json',
    write: (alignment: Alignment) => JSON.stringify(asCaptionsJson(alignment)),
  },
}

/** Answers `GET` and `HEAD /api/clips/<id>/captions.<format>` to pages of any origin, as the audio. */
export function captionsHandler(format: keyof typeof formats): Handler {
  const { contentType, write } = formats[format]
  return async (request, { services, headers: ownHeaders }) => {
    ownHeaders.set('Access-Control-Allow-Origin', '*')
    const { clip, alignment } = await readCaptions(services, idInPath(request))
    const file = new Blob([write(alignment)])
    const leftMs = clip.state === 'stored' ? Number.POSITIVE_INFINITY : clip.expiresAt - services.clock.now()
    const maxAge = Math.max(0, Math.min(MAX_AGE_SECONDS, Math.floor(leftMs / 1000)))
    const headers = new Headers({
      'Content-Type': contentType,
      'Access-Control-Expose-Headers': 'Accept-Ranges, Content-Length, Content-Range, ETag, X-Request-Id',
      'Cache-Control': `public, max-age=${maxAge}`,
      'Last-Modified': new Date(clip.stagedAt ?? clip.createdAt).toUTCString(),
      'X-Content-Type-Options': 'nosniff',
      'Cross-Origin-Resource-Policy': 'cross-origin',
    })
    return answerBytes(request, {
      headers,
      etag: `"${(await computeCid(chunksOf(file))).cid}"`,
      modifiedAt: clip.stagedAt ?? clip.createdAt,
      takesRanges: true,
      head: async () => file.size,
      open: () => ({
        sizeBytes: file.size,
        read: async (range) => chunksOf(range ? file.slice(range.start, range.end + 1) : file),
      }),
    })
  }
}

const timed = z.object({ text: z.string(), startMs: field.count, endMs: field.count })

export const captionsJsonSchema = z
  .object({
    text: z.string(),
    words: z.array(timed),
    characters: z
      .array(timed)
      .optional()
      .meta({ description: 'Only where the vendor times each character.' }),
  })
  .meta({ id: 'Captions' })

/** What answers say of the captions of a clip. */
export const captionsField = z
  .object({
    vttUrl: z.url(),
    srtUrl: z.url(),
    jsonUrl: z.url(),
    cid: z.string().meta({ description: 'The CID of the WebVTT.' }),
    ipfsUrl: z.url().optional().meta({ description: 'Its permanent URL, once a provider has it.' }),
  })
  .optional()
  .meta({ description: 'Only with `timestamps`, from a voice that has them.' })

/** Where the captions of `clip` are; `file`: the record of their file for IPFS, if there is one. */
export function captionsAnswer({ id, captionsCid }: Clip, baseUrl: string, file?: Clip | null) {
  // Answers that were kept for an `Idempotency-Key` before there were captions do not have the field.
  if (!captionsCid) return undefined
  const url = `${baseUrl}/api/clips/${id}/captions`
  const links = { vttUrl: `${url}.vtt`, srtUrl: `${url}.srt`, jsonUrl: `${url}.json`, cid: captionsCid }
  return file?.permanentUrl ? { ...links, ipfsUrl: absoluteUrl(file.permanentUrl, baseUrl) } : links
}
