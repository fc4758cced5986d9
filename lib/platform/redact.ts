/** Removes every known secret from a text. */
export type Scrub = (text: string) => string

/**
 * Makes a function that replaces each of `secrets` in a text, also in the forms in which they travel
 * (URL-encoded, the parts of a `Basic` header).
 *
 * Secrets under four characters are not replaced: every text would become unreadable.
 */
export function createScrubber(secrets: readonly string[]): Scrub {
  const forms = secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret.toWellFormed()),
    JSON.stringify(secret).slice(1, -1),
    ...secret.split(/\s+/),
  ])
  const longestFirst = [...new Set(forms)]
    .filter((form) => form.length >= 4 && !/^(basic|bearer)$/i.test(form))
    .sort((a, b) => b.length - a.length)
  if (longestFirst.length === 0) return (text) => text
  const pattern = new RegExp(longestFirst.map((form) => RegExp.escape(form)).join('|'), 'g')
  return (text) => text.replace(pattern, '[secret]')
}
