import { currentUrlOf, type LocalClip, type OpenClip, openClip } from '#lib/clips/open-clip.ts'
import type { Services } from '#lib/context.ts'
import { cacheableBaseUrl } from '#lib/http/origin.ts'
import type { Handler } from '#lib/http/respond.ts'
import { type Clip, fileExtensionsOf, fileNameOf, mimeTypeOf } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { absoluteUrl } from '#lib/model/permanent-url.ts'
import { answerBytes, type Content } from './answer-bytes.ts'
import { contentDisposition } from './content-disposition.ts'

const LONGEST_MAX_AGE_SECONDS = 3600
/** A presigned URL is valid for at most 300 seconds; a clip with less than 30 left gets none. */
const LONGEST_SIGNED_SECONDS = 300
const SHORTEST_SIGNED_SECONDS = 30

/** Answers `GET` and `HEAD /api/temp-audio/<id>`, and `<id>.mp3` where the clip is one. */
export const answerTempAudio: Handler = async (request, { services, headers }) => {
  headers.set('Access-Control-Allow-Origin', '*')
  const url = new URL(request.url)
  const [id = '', extension] = fileIn(url.pathname)
  const opened = await openClip(services, id)
  if (extension !== undefined) requireExtension(opened.clip, extension)
  const ownBaseUrl = cacheableBaseUrl(services.config)
  if (opened.from === 'ipfs') return redirectTo(opened.permanentUrl, ownBaseUrl)
  const isDownload = url.searchParams.has('download')
  return answerBytes(request, contentOf(opened, services, { ownBaseUrl, isDownload }))
}

/** The id and the extension; nothing where the path is not that of a clip, for example after a client has resolved a `..` in it. */
function fileIn(pathname: string): string[] {
  const [, name = ''] = /^\/api\/temp-audio\/([^/]+)$/.exec(pathname) ?? []
  return /^([^.]*)(?:\.(.*))?$/.exec(name.toLowerCase())?.slice(1) ?? []
}

/** Players that go by the extension would take a clip for what it is not. */
function requireExtension(clip: Clip, extension: string) {
  if (fileExtensionsOf(clip).includes(extension)) return
  const message = `This clip is ${mimeTypeOf(clip)}: its file is ${fileNameOf(clip)}`
  throw new ServiceError('not_found', message)
}

function redirectTo(permanentUrl: string, ownBaseUrl: string): Response {
  const location = absoluteUrl(permanentUrl, ownBaseUrl)
  const headers = { Location: location, 'Cache-Control': 'public, max-age=300' }
  return new Response(null, { status: 302, headers })
}

function contentOf(
  { clip, isReadable, read }: Extract<OpenClip, { from: 'here' }>,
  services: Services,
  { ownBaseUrl, isDownload }: { ownBaseUrl: string; isDownload: boolean },
): Content {
  const { sizeBytes } = clip
  const modifiedAt = clip.stagedAt ?? clip.createdAt
  const disposition = contentDisposition(fileNameOf(clip), { isDownload })
  const headers = new Headers({
    'Content-Type': clip.mimeType,
    'Access-Control-Expose-Headers': 'Accept-Ranges, Content-Length, Content-Range, ETag, Link, X-Request-Id',
    'Cache-Control': `public, max-age=${Math.min(LONGEST_MAX_AGE_SECONDS, secondsLeft(clip, services))}`,
    'Content-Disposition': disposition,
    'Last-Modified': new Date(modifiedAt).toUTCString(),
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'cross-origin',
  })
  const link = clip.permanentUrl && `<${absoluteUrl(clip.permanentUrl, ownBaseUrl)}>; rel="canonical"`
  if (link) headers.set('Link', link)
  const redirect = async () => redirectTo(await currentUrlOf(services, clip.id), ownBaseUrl)
  return {
    headers,
    etag: `"${clip.cid}"`,
    modifiedAt,
    takesRanges: true,
    // A signed URL is one for GET.
    head: async () => ((await isReadable()) ? sizeBytes : redirect()),
    open: () => ({
      sizeBytes,
      async read(range) {
        const signedUrl = await signedUrlOf(services, clip, disposition)
        if (signedUrl) return redirectToBucket(signedUrl, link)
        return (await read(range)) ?? redirect()
      },
    }),
  }
}

function secondsLeft({ expiresAt }: LocalClip, { clock }: Services): number {
  return Math.max(0, Math.floor((expiresAt - clock.now()) / 1000))
}

/** A presigned URL of the bucket; `undefined` where this service itself sends the bytes. */
async function signedUrlOf(
  services: Services,
  clip: LocalClip,
  disposition: string,
): Promise<string | undefined> {
  const { config, s3 } = services
  const seconds = secondsLeft(clip, services)
  if (!s3 || !config.s3?.redirects || seconds < SHORTEST_SIGNED_SECONDS) return undefined
  return s3.bucket.sign(clip.id, {
    expiresInSeconds: Math.min(LONGEST_SIGNED_SECONDS, seconds),
    contentType: clip.mimeType,
    contentDisposition: disposition,
  })
}

/** Not to be cached: the URL lets anybody read the clip. */
function redirectToBucket(location: string, link: string | null): Response {
  const headers = new Headers({ Location: location, 'Cache-Control': 'private, no-store' })
  if (link) headers.set('Link', link)
  return new Response(null, { status: 302, headers })
}
