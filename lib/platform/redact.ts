import { readPlain } from './plain-reading.ts'
import { encodedForms } from './secret-forms.ts'

/** Removes every known secret from a text. */
export type Scrub = (text: string) => string

const MARK = '[secret]'

/** A shorter secret would be found in every text. */
const MIN_LENGTH = 8
const LONGEST_WORD = 15

/**
 * Whether a secret is too short, or too much like a word, to be told from other texts: it is under eight characters, or
 * nothing but letters and under sixteen. To replace it would blank half the log (paths, host names) and protect nothing.
 */
export function isCommon(secret: string): boolean {
  return secret.length < MIN_LENGTH || (secret.length <= LONGEST_WORD && /^[a-z]+$/i.test(secret))
}

/**
 * Makes a function that replaces each of `secrets` in a text: as it stands there, percent-encoded, escaped for JSON or HTML,
 * in hexadecimal or base64, backwards, and with white space or markup between its characters. Of the value of an
 * `Authorization` header the credentials are replaced, also alone.
 *
 * Those that are `isCommon` are left as they are.
 */
export function createScrubber(secrets: readonly string[]): Scrub {
  const values = [...new Set(secrets.flatMap(partsOf))].filter((value) => !isCommon(value))
  if (values.length === 0) return (text) => text
  const literal = values.flatMap((value) => [
    value,
    encodeURIComponent(value.toWellFormed()),
    JSON.stringify(value).slice(1, -1),
  ])
  const longestFirst = [...new Set(literal)].sort((a, b) => b.length - a.length)
  const pattern = new RegExp(longestFirst.map((form) => RegExp.escape(form)).join('|'), 'g')
  const readable = [...new Set(values.flatMap((value) => Object.values(encodedForms(value)).flat()))].filter(
    (form) => form.length >= MIN_LENGTH,
  )
  return (text) => {
    const scrubbed = replaceReadable(text.replace(pattern, MARK), readable, { skipsMarkup: false })
    return text.includes('<') ? replaceReadable(scrubbed, readable, { skipsMarkup: true }) : scrubbed
  }
}

/** The value itself, and the credentials in it where it is that of an `Authorization` header. */
export function partsOf(secret: string): string[] {
  const [, scheme, credentials] = /^([a-z]{4,16})\s+(\S.*)$/i.exec(secret) ?? []
  if (!scheme || !credentials || !/^(basic|bearer|token|apikey)$/i.test(scheme)) return [secret]
  const pair = /^basic$/i.test(scheme) ? Buffer.from(credentials, 'base64').toString() : ''
  const password = pair.slice(pair.indexOf(':') + 1)
  return [secret, credentials, ...(pair.includes(':') ? [pair, password] : [])]
}

function replaceReadable(text: string, forms: readonly string[], how: { skipsMarkup: boolean }): string {
  const reading = readPlain(text, how)
  const found = forms.flatMap((form) => placesOf(form, reading.text))
  if (found.length === 0) return text
  found.sort((a, b) => a.from - b.from)
  let result = ''
  let done = 0
  for (const { from, to } of found) {
    const [start, end] = [reading.starts[from] as number, reading.ends[to - 1] as number]
    if (end <= done) continue
    // What overlaps the one before is part of the same mark.
    if (start >= done) result += text.slice(done, start) + MARK
    done = end
  }
  return result + text.slice(done)
}

function placesOf(form: string, text: string): { from: number; to: number }[] {
  const places: { from: number; to: number }[] = []
  for (let from = text.indexOf(form); from >= 0; from = text.indexOf(form, from + 1)) {
    places.push({ from, to: from + form.length })
  }
  return places
}
