import type { IncomingMessage } from 'node:http'
import { ServiceError } from '#lib/model/errors.ts'

/** A URL may be of 8,000 bytes at least, according to RFC 9110, section 4.1. */
const LONGEST_URL_BYTES = 8192
/** What the routes know, each of which refuses those that it has no use for. */
export const routeMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
/**
 * By these headers Next.js is told to answer a page in parts, to run a function of a page, or that it is called by itself.
 * Our pages load whole and have no such functions.
 *
 * @see https://github.com/vercel/next.js/blob/canary/packages/next/src/client/components/app-router-headers.ts
 */
const frameworkHeader = /^(rsc|next-.*|x-(nextjs|next|middleware|invoke|matched|prerender|now|action)-.*)$/

/** Next.js's own: pages of errors (one of them always with 500), data of pages, pictures to make smaller. */
const frameworkPath = /^\/_(?!next\/static\/)|\.rsc$/

/**
 * Refuses a request that is none of ours before Next.js sees it, which would answer some of them with 500; and takes away
 * the headers by which a caller could tell Next.js what to do.
 *
 * @throws ServiceError `invalid_http`, `url_too_long`, `method_not_implemented`, `not_found`
 */
export function refuseForeign({ method = '', url = '', headers }: IncomingMessage): void {
  if (!routeMethods.includes(method)) throw notImplemented(method)
  if (url.length > LONGEST_URL_BYTES) {
    throw new ServiceError('url_too_long', `A URL may be at most ${LONGEST_URL_BYTES} bytes long`)
  }
  const [path = ''] = url.split('?', 1)
  const decoded = /^\/[!"$-[\]-~]*$/.test(url) ? decode(path) : undefined
  if (decoded === undefined || hasDots(path.replace(/%2e/gi, '.'))) {
    const message =
      'The request must name a path such as /api/health, in ASCII and valid percent-encoding, without . and ..'
    throw new ServiceError('invalid_http', message)
  }
  // An encoded slash separates nothing: it stands in a name, and nothing has such a name.
  if (frameworkPath.test(path) || hasDots(decoded)) {
    throw new ServiceError('not_found', `There is nothing at ${path}`)
  }
  for (const name of Object.keys(headers)) if (frameworkHeader.test(name)) delete headers[name]
}

export function notImplemented(method: string): ServiceError {
  const message = `${method} is not implemented here; ${routeMethods.join(', ')} are`
  return new ServiceError('method_not_implemented', message)
}

const hasDots = (path: string) => /\/\.\.?(\/|$)/.test(path)

/** `undefined` where a `%` begins no code of a byte, or the bytes are no UTF-8. */
function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}
