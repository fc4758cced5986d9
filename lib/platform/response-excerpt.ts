const MAX_EXCERPT_LENGTH = 200
const MAX_MARKUP_LENGTH = 65_536

/**
 * What the body of an HTTP answer says, on one line of at most 200 characters: the message of a JSON error in any of the
 * usual shapes, else the text without its markup.
 */
export function responseExcerpt(text: string): string {
  const line = plainText(messageIn(text) ?? text.slice(0, MAX_MARKUP_LENGTH))
  return line.length > MAX_EXCERPT_LENGTH ? `${line.slice(0, MAX_EXCERPT_LENGTH - 1)}…` : line
}

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
