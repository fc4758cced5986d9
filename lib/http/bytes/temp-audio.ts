import { currentUrlOf, type HeldClip, openClip } from '#lib/clips/open-clip.ts'
import type { Services } from '#lib/context.ts'
import { cacheableBaseUrl } from '#lib/http/origin.ts'
import { respond } from '#lib/http/respond.ts'
import { fileNameOf } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { absoluteUrl } from '#lib/model/permanent-url.ts'
import { evaluatePreconditions, rangeApplies, selectRange } from './range.ts'

const LONGEST_MAX_AGE_SECONDS = 3600
/** How long a presigned URL is good at most, and for less than how long none is given. */
const LONGEST_SIGNED_SECONDS = 300
const SHORTEST_SIGNED_SECONDS = 30

/** Answers `GET` and `HEAD /api/temp-audio/<id>`; both the front and the route handler serve it by this. */
export function serveTempAudio(services: Services, request: Request): Promise<Response> {
  return respond(services, request, async (context) => {
    context.headers.set('Access-Control-Allow-Origin', '*')
    const url = new URL(request.url)
    const opened = await openClip(services, idIn(url.pathname))
    const ownBaseUrl = cacheableBaseUrl(services.config, request)
    const redirectTo = (permanentUrl: string) => {
      const location = absoluteUrl(permanentUrl, ownBaseUrl)
      const headers = { Location: location, 'Cache-Control': 'public, max-age=300' }
      return new Response(null, { status: 302, headers })
    }
    if (opened.from === 'ipfs') return redirectTo(opened.permanentUrl)
    const { clip, read } = opened
    const headers = headersOf(clip, services, { isDownload: url.searchParams.has('download') })
    if (clip.permanentUrl) {
      const canonical = absoluteUrl(clip.permanentUrl, ownBaseUrl)
      headers.set('Link', `<${canonical}>; rel="canonical"`)
    }
    const modifiedAt = clip.stagedAt ?? clip.createdAt
    const etag = headers.get('ETag') as string
    const precondition = evaluatePreconditions(request.headers, etag, modifiedAt)
    if (precondition === 'failed') {
      throw new ServiceError('precondition_failed', 'The clip is not the one that the request names')
    }
    if (precondition === 'not_modified') return new Response(null, { status: 304, headers })

    headers.set('Content-Type', clip.mimeType)
    headers.set('Content-Length', String(clip.sizeBytes))
    if (request.method === 'HEAD') return new Response(null, { headers })
    const applies = rangeApplies(request.headers.get('If-Range'), etag, modifiedAt)
    const range = applies ? selectRange(request.headers.get('Range'), clip.sizeBytes) : undefined
    if (range === 'unsatisfiable') throw unsatisfiable(clip)
    const signedUrl = await signedUrlOf(services, clip, headers)
    if (signedUrl) return redirectToBucket(signedUrl, headers)
    const audio = await read(range)
    if (!audio) return redirectTo(await currentUrlOf(services, clip.id))
    if (!range) return new Response(audio as BodyInit, { headers })
    headers.set('Content-Length', String(range.end - range.start + 1))
    headers.set('Content-Range', `bytes ${range.start}-${range.end}/${clip.sizeBytes}`)
    return new Response(audio as BodyInit, { status: 206, headers })
  })
}

/** Where the bucket itself gives the bytes for a while; `undefined` where they are to come from us. */
async function signedUrlOf(
  { config, clock, s3 }: Services,
  clip: HeldClip,
  headers: Headers,
): Promise<string | undefined> {
  const secondsLeft = Math.floor((clip.expiresAt - clock.now()) / 1000)
  if (!s3 || !config.s3?.redirects || secondsLeft < SHORTEST_SIGNED_SECONDS) return undefined
  return s3.bucket.sign(clip.id, {
    expiresInSeconds: Math.min(LONGEST_SIGNED_SECONDS, secondsLeft),
    contentType: clip.mimeType,
    contentDisposition: headers.get('Content-Disposition') as string,
  })
}

/** Kept by nobody: whoever has it may read the clip. */
function redirectToBucket(location: string, clipHeaders: Headers): Response {
  const headers = new Headers({ Location: location, 'Cache-Control': 'private, no-store' })
  const link = clipHeaders.get('Link')
  if (link) headers.set('Link', link)
  return new Response(null, { status: 302, headers })
}

/** Empty where the path is not that of a clip, as when a client's `..` has led out of it. */
function idIn(pathname: string): string {
  return /^\/api\/temp-audio\/([^/]+)$/.exec(pathname)?.[1] ?? ''
}

function headersOf(clip: HeldClip, { clock }: Services, { isDownload }: { isDownload: boolean }): Headers {
  const secondsLeft = Math.max(0, Math.floor((clip.expiresAt - clock.now()) / 1000))
  const maxAge = Math.min(LONGEST_MAX_AGE_SECONDS, secondsLeft)
  return new Headers({
    'Access-Control-Expose-Headers': 'Accept-Ranges, Content-Length, Content-Range, ETag, Link, X-Request-Id',
    'Accept-Ranges': 'bytes',
    'Cache-Control': `public, max-age=${maxAge}`,
    'Content-Disposition': `${isDownload ? 'attachment' : 'inline'}; filename="${fileNameOf(clip)}"`,
    ETag: `"${clip.cid}"`,
    'Last-Modified': new Date(clip.stagedAt ?? clip.createdAt).toUTCString(),
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'cross-origin',
  })
}

function unsatisfiable({ sizeBytes }: HeldClip) {
  return new ServiceError(
    'range_not_satisfiable',
    `The range lies outside the clip, which has ${sizeBytes} bytes`,
    {
      headers: { 'Content-Range': `bytes */${sizeBytes}` },
    },
  )
}
