import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { mediaRanges } from '#lib/http/accept.ts'
import { KIBIBYTE } from '#lib/platform/units.ts'

/** The default of Brotli takes a hundred times as long, for a few per cent. */
const BROTLI_QUALITY = 4

const encoders = {
  br: (content: Buffer): Promise<Buffer> =>
    promisify(brotliCompress)(content, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: content.byteLength,
      },
    }),
  gzip: (content: Buffer): Promise<Buffer> => promisify(gzip)(content),
}

/**
 * Whether a whole body, JSON or text, is sent compressed to those who take that. What has an `ETag` is not: its name is that
 * of the bytes as they are.
 */
export function isCompressible({ headers }: Pick<Response, 'headers'>, { byteLength }: Buffer): boolean {
  if (byteLength <= KIBIBYTE) return false
  const type = headers.get('Content-Type') ?? ''
  if (!/^(text\/(?!event-stream)|application\/([\w.-]+\+)?json\b)/.test(type)) return false
  if (headers.has('Content-Encoding') || headers.has('Content-Range') || headers.has('ETag')) return false
  return !/\bno-transform\b/.test(headers.get('Cache-Control') ?? '')
}

/** `content` as `acceptEncoding` takes it, off the event loop; the headers of `answer` say how. */
export async function compress(
  { headers }: Pick<Response, 'headers'>,
  content: Buffer,
  acceptEncoding: string | undefined,
): Promise<Buffer> {
  headers.append('Vary', 'Accept-Encoding')
  const encoding = encodingOf(acceptEncoding)
  if (!encoding) return content
  const compressed = await encoders[encoding](content)
  headers.set('Content-Encoding', encoding)
  headers.set('Content-Length', String(compressed.byteLength))
  return compressed
}

function encodingOf(acceptEncoding: string | undefined): keyof typeof encoders | undefined {
  const [best, ...others] = mediaRanges(acceptEncoding ?? null).filter(({ type }) => type in encoders)
  const isBrotliAsGood = others.some(({ type, quality }) => type === 'br' && quality === best?.quality)
  return isBrotliAsGood ? 'br' : (best?.type as keyof typeof encoders | undefined)
}
