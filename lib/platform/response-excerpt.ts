import { createPartDetector } from './secret-parts.ts'

const MAX_EXCERPT_LENGTH = 200
const MAX_MARKUP_LENGTH = 65_536
const WITHHELD = '(its words are withheld, for they repeat part of a secret)'

/** What the body of an HTTP answer says, on one line of at most 200 characters. */
export type Excerpt = (text: string) => string

/**
 * Makes a function that gives the message of a JSON error in any of the usual shapes, else the text without its markup. A
 * text that repeats six characters of one of `secrets`, in whichever form, is withheld as a whole. It is not cut within a
 * word: the beginning of some other secret would not be recognised any more.
 */
export function createExcerpt(secrets: readonly string[]): Excerpt {
  const holdsSecret = createPartDetector(secrets)
  return (text) => {
    const message = messageIn(text) ?? text.slice(0, MAX_MARKUP_LENGTH)
    const line = plainText(message)
    if (holdsSecret(message) || holdsSecret(line)) return WITHHELD
    return line.length > MAX_EXCERPT_LENGTH
      ? `${withoutLastWord(line.slice(0, MAX_EXCERPT_LENGTH - 1))}…`
      : line
  }
}

const withoutLastWord = (text: string) => text.replace(/[\w+/=.~%-]+$/, '')

function messageIn(text: string): string | undefined {
  try {
    return findMessage(JSON.parse(text))
  } catch {
    return undefined
  }
}

const messageKeys = ['message', 'Message', 'details', 'detail', 'reason', 'error', 'errors', 'title']

function findMessage(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return findMessage(value[0])
  if (typeof value !== 'object' || value === null) return undefined
  for (const key of messageKeys) {
    const message = findMessage((value as Record<string, unknown>)[key])
    if (message) return message
  }
  return undefined
}

function plainText(markup: string): string {
  return markup
    .replace(/<(script|style)\b[\s\S]*?(<\/\1\s*>|$)/gi, ' ')
    .replace(/<[^<>]*>/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
}
