/** One of the media types that an `Accept` header lists, in lower case. */
export interface MediaRange {
  type: string
  /** From 0 to 1. */
  quality: number
  parameters: Record<string, string>
}

/**
 * The media ranges of an `Accept` header, the most wanted first; without those that are refused by `q=0`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 */
export function mediaRanges(accept: string | null): MediaRange[] {
  if (!accept) return []
  return accept
    .split(',')
    .map((range) => {
      const [type = '', ...pairs] = range.split(';').map((part) => part.trim().toLowerCase())
      const parameters = Object.fromEntries(pairs.map((pair) => pair.split('=').map(unquoted)))
      return { type, parameters, quality: Number(parameters.q ?? 1) }
    })
    .filter(({ type, quality }) => type !== '' && quality > 0)
    .sort((a, b) => b.quality - a.quality)
}

/** Whether the caller shows pages to a person, by an `Accept` header: where there is nothing, others get a problem document. */
export function acceptsPages(accept: string | null | undefined): boolean {
  return mediaRanges(accept ?? null).some(({ type }) => type === 'text/html')
}

const unquoted = (text: string) => text.trim().replace(/^"(.*)"$/, '$1')

/**
 * Whether the caller wants `mediaType`, such as `audio/*`, more than anything else. A plain `*` names nothing in
 * particular.
 */
export function prefers(request: Request, mediaType: string): boolean {
  const [first] = mediaRanges(request.headers.get('Accept'))
  if (!first) return false
  return mediaType.endsWith('/*') ? first.type.startsWith(mediaType.slice(0, -1)) : first.type === mediaType
}
