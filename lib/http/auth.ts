import { createHash, timingSafeEqual } from 'node:crypto'
import type { Services } from '#lib/context.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { clientAddress } from './client-address.ts'

/**
 * Refuses a request as `requireBearer` does. Wrong keys are counted against the address that sends them; the right one
 * passes however many others were wrong.
 *
 * @throws ServiceError `unauthorized`, `rate_limited`
 */
export async function requireOperatorKey(
  request: Request,
  services: Pick<Services, 'config' | 'wrongKeyLimit'>,
  secrets: (string | undefined)[],
): Promise<void> {
  try {
    requireBearer(request, secrets)
  } catch (error) {
    if (bearerOf(request)) await countWrongKey(request, services)
    throw error
  }
}

/** @throws ServiceError `rate_limited` where the caller has sent too many */
export function countWrongKey(
  request: Request,
  { config, wrongKeyLimit }: Pick<Services, 'config' | 'wrongKeyLimit'>,
): Promise<void> {
  return wrongKeyLimit.count(clientAddress(request, config.access.trustedProxies))
}

/**
 * Refuses a request unless its `Authorization: Bearer` is one of `secrets`; where no secret is configured, every
 * request. The comparison takes the same time whatever was sent.
 *
 * @throws ServiceError `unauthorized`
 */
export function requireBearer(request: Request, secrets: (string | undefined)[]): void {
  const given = bearerOf(request)
  const expected = secrets.filter((secret) => secret !== undefined && secret !== '') as string[]
  if (given && isOneOf(given, expected)) return
  const what = given ? 'The key is wrong' : 'A key is required: send it as "Authorization: Bearer <key>"'
  throw new ServiceError(
    'unauthorized',
    expected.length === 0 ? 'No key is configured for this, so every request is refused' : what,
  )
}

/** The token of `Authorization: Bearer`, where there is one. */
export function bearerOf(request: Request): string | undefined {
  return /^Bearer +(\S.*)$/i.exec(request.headers.get('Authorization') ?? '')?.[1]?.trim()
}

/** Whether `given` is one of `secrets`; takes the same time whichever it is. */
export function isOneOf(given: string, secrets: readonly string[]): boolean {
  return secrets.map((secret) => isSame(given, secret)).includes(true)
}

function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
