/**
 * Whether the caller asks for `mediaType` before all others: it stands first in `Accept`. A plain `*` asks for nothing
 * in particular.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 */
export function prefers(request: Request, mediaType: string): boolean {
  const [first = ''] = (request.headers.get('Accept') ?? '').split(',')
  const asked = (first.split(';')[0] ?? '').trim().toLowerCase()
  return mediaType.endsWith('/*') ? asked.startsWith(mediaType.slice(0, -1)) : asked === mediaType
}
