import { hkdfSync } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import type { Config } from '#lib/config/index.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { bearerOf, requireBearer } from './auth.ts'
import { isHttps } from './page-security.ts'

const COOKIE = 'voicepin_session'
const LIFETIME_SECONDS = 12 * 3600
const AUDIENCE = 'dashboard'

type Access = Pick<Config['access'], 'adminApiKey'>

/**
 * The cookie that keeps an operator signed in for twelve hours. It does not contain the admin key, but is signed with
 * a key that is derived from it, so that changing the admin key ends every session.
 */
export async function sessionCookie({ adminApiKey }: Access, request: Request): Promise<string> {
  const token = await new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime(`${LIFETIME_SECONDS}s`)
    .sign(signingKey(adminApiKey ?? ''))
  return cookie(token, LIFETIME_SECONDS, request)
}

/** The cookie that ends the session in the browser. */
export const endedSessionCookie = (request: Request): string => cookie('', 0, request)

function cookie(value: string, maxAgeSeconds: number, request: Request): string {
  const secure = isHttps(request) ? '; Secure' : ''
  return `${COOKIE}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure}`
}

/** Whether `headers` carry the cookie of a valid session. */
export async function hasSession({ adminApiKey }: Access, headers: Headers): Promise<boolean> {
  const token = new RegExp(`(?:^|;\\s*)${COOKIE}=([^;]+)`).exec(headers.get('Cookie') ?? '')?.[1]
  if (!token || !adminApiKey) return false
  const options = { audience: AUDIENCE, algorithms: ['HS256'], requiredClaims: ['exp'] }
  return jwtVerify(token, signingKey(adminApiKey), options).then(
    () => true,
    () => false,
  )
}

/**
 * Authenticates an operator, by the admin key as Bearer or by a session. A request that changes something and uses a
 * session must come from this service's own pages.
 *
 * @throws ServiceError `unauthorized`, `cross_site`
 */
export async function requireOperator(request: Request, access: Access): Promise<void> {
  if (bearerOf(request) || !(await hasSession(access, request.headers))) {
    requireBearer(request, [access.adminApiKey])
    return
  }
  refuseOtherSites(request)
}

/**
 * Refuses a request that changes something unless a page of this service sent it.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 * @throws ServiceError `cross_site`
 */
export function refuseOtherSites({ method, headers }: Request): void {
  if (method === 'GET' || method === 'HEAD') return
  const site = headers.get('Sec-Fetch-Site')
  const origin = headers.get('Origin')
  const hosts = [headers.get('Host'), headers.get('X-Forwarded-Host')]
  const isOurs = site === 'same-origin' || (origin !== null && hosts.includes(hostOf(origin)))
  if (!isOurs) throw new ServiceError('cross_site', 'Only the pages of this service can send this request')
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : ''
}

function signingKey(adminApiKey: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', adminApiKey, 'voicepin', 'dashboard session', 32))
}
