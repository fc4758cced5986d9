import type { Services } from '#lib/context.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { DAY_MS } from '#lib/platform/units.ts'

/**
 * Whom to tell of a hole in this service: `/.well-known/security.txt`. It always holds for less than a year from now.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9116
 * @throws ServiceError `not_found` where `SECURITY_CONTACT` is not set
 */
export function securityTxt({ clock, config }: Pick<Services, 'clock' | 'config'>): string {
  const { securityContact, publicBaseUrl } = config
  if (!securityContact) {
    throw new ServiceError('not_found', 'The operator of this service has named nobody here')
  }
  const today = clock.now() - (clock.now() % DAY_MS)
  const lines = [`Contact: ${securityContact}`, `Expires: ${new Date(today + 365 * DAY_MS).toISOString()}`]
  if (publicBaseUrl) lines.push(`Canonical: ${publicBaseUrl}/.well-known/security.txt`)
  return `${lines.join('\n')}\n`
}
