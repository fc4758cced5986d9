import { hkdfSync, randomUUID } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import type { Config } from '#lib/config/index.ts'
import type { Services } from '#lib/context.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { bearerOf, requireOperatorKey } from './auth.ts'
import { isHttps } from './page-security.ts'

const COOKIE = 'voicepin_session'
const LIFETIME_SECONDS = 12 * 3600
const AUDIENCE = 'dashboard'

type Access = Pick<Config['access'], 'adminApiKey'>
type SessionServices = Pick<Services, 'config' | 'catalog' | 'wrongKeyLimit'>

/**
 * The cookie that keeps an operator signed in for twelve hours. It does not contain the admin key, but is signed with
 * a key that is derived from it, so that changing the admin key ends every session.
 */
export async function sessionCookie({ adminApiKey }: Access, request: Request): Promise<string> {
  const token = await new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setAudience(AUDIENCE)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${LIFETIME_SECONDS}s`)
    .sign(signingKey(adminApiKey ?? ''))
  return cookie(token, LIFETIME_SECONDS, request)
}

/** The cookie that removes the session from the browser. */
export const endedSessionCookie = (request: Request): string => cookie('', 0, request)

function cookie(value: string, maxAgeSeconds: number, request: Request): string {
  const secure = isHttps(request) ? '; Secure' : ''
  return `${COOKIE}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure}`
}

/** Whether `headers` carry the cookie of a session that is valid and was not ended. @throws CatalogError */
export async function hasSession(
  { config, catalog }: Pick<Services, 'config' | 'catalog'>,
  headers: Headers,
): Promise<boolean> {
  const session = await sessionIn(config.access, headers)
  return session !== undefined && !(await catalog.endedSessions.has(session.id))
}

/** Ends the session in `headers`, if there is one, on all instances. @throws CatalogError */
export async function endSession(
  { config, catalog }: Pick<Services, 'config' | 'catalog'>,
  headers: Headers,
): Promise<void> {
  const session = await sessionIn(config.access, headers)
  if (session) await catalog.endedSessions.add({ ...session, now: Date.now() })
}

/** The session whose cookie was signed here and is in its time. */
async function sessionIn({ adminApiKey }: Access, headers: Headers) {
  const token = new RegExp(`(?:^|;\\s*)${COOKIE}=([^;]+)`).exec(headers.get('Cookie') ?? '')?.[1]
  if (!token || !adminApiKey) return undefined
  const options = { audience: AUDIENCE, algorithms: ['HS256'], requiredClaims: ['exp', 'jti'] }
  return jwtVerify(token, signingKey(adminApiKey), options).then(
    ({ payload }) => ({ id: payload.jti ?? '', endsAt: (payload.exp ?? 0) * 1000 }),
    () => undefined,
  )
}

/**
 * Authenticates an operator, by the admin key as Bearer or by a session. A request that changes something and uses a
 * session must come from this service's own pages.
 *
 * @throws ServiceError `unauthorized`, `rate_limited` (too many wrong keys), `cross_site`
 */
export async function requireOperator(request: Request, services: SessionServices): Promise<void> {
  const { access, publicBaseUrl } = services.config
  if (bearerOf(request) || !(await hasSession(services, request.headers))) {
    await requireOperatorKey(request, services, [access.adminApiKey])
    return
  }
  refuseOtherSites(request, publicBaseUrl)
}

/**
 * Refuses a request that changes something unless a page of this service sent it. `publicBaseUrl` is where such pages are
 * besides the host that was asked, as `settleOrigin` left it.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 * @throws ServiceError `cross_site`
 */
export function refuseOtherSites({ method, headers }: Request, publicBaseUrl: string | undefined): void {
  if (method === 'GET' || method === 'HEAD') return
  const site = headers.get('Sec-Fetch-Site')
  const host = hostOf(headers.get('Origin'))
  const hosts = [headers.get('Host'), hostOf(publicBaseUrl ?? null)]
  const isOurs = site === null ? host !== undefined && hosts.includes(host) : site === 'same-origin'
  if (!isOurs) throw new ServiceError('cross_site', 'Only the pages of this service can send this request')
}

function hostOf(url: string | null): string | undefined {
  return url !== null && URL.canParse(url) ? new URL(url).host : undefined
}

function signingKey(adminApiKey: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', adminApiKey, 'voicepin', 'dashboard session', 32))
}
