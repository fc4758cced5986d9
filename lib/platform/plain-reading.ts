/** A text as it reads without its escapes: which characters it means, and where each of them stands in the original. */
export interface PlainReading {
  /** In lower case, without white space, control characters and backslashes. */
  text: string
  /** For each character of `text`, where in the original it begins and ends. */
  starts: number[]
  ends: number[]
}

const escapes = String.raw`[\s\p{Cc}\p{Cf}]+|\\+(?:u([0-9a-f]{4})|x([0-9a-f]{2})|[nrtbfv0])?|%(?:25)*([0-9a-f]{2})|&(?:#x0*([0-9a-f]{1,6})|#0*(\d{1,7})|(amp|lt|gt|quot|apos|nbsp|shy));?`
const token = new RegExp(escapes, 'giu')
const tokenOrMarkup = new RegExp(`<[^<>]{0,200}>|${escapes}`, 'giu')

const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/**
 * Reads `text` through the escapes in which ASCII travels: those of JSON and JavaScript, percent-encoding (also twice), HTML
 * entities; and through white space between its characters, with `skipsMarkup` also through markup.
 */
export function readPlain(text: string, { skipsMarkup = false } = {}): PlainReading {
  const starts: number[] = []
  const ends: number[] = []
  let plain = ''
  let position = 0
  const keepUpTo = (end: number) => {
    plain += lowerCase(text.slice(position, end))
    for (; position < end; position += 1) {
      starts.push(position)
      ends.push(position + 1)
    }
  }
  for (const match of text.matchAll(skipsMarkup ? tokenOrMarkup : token)) {
    keepUpTo(match.index)
    const meant = characterOf(match)
    const end = position + match[0].length
    plain += lowerCase(meant)
    for (let unit = 0; unit < meant.length; unit += 1) {
      starts.push(position)
      ends.push(end)
    }
    position = end
  }
  keepUpTo(text.length)
  return { text: plain, starts, ends }
}

/** In some languages the lower case is longer, which would move all places. */
function lowerCase(text: string): string {
  const lower = text.toLowerCase()
  return lower.length === text.length ? lower : text.replace(/[A-Z]+/g, (ascii) => ascii.toLowerCase())
}

/** What an escape means; nothing where it is white space, markup, or no character at all. */
function characterOf([, unicode, byte, percent, hexEntity, entity, name]: RegExpMatchArray): string {
  if (name) return named[name.toLowerCase()] ?? ''
  const hex = unicode ?? byte ?? percent ?? hexEntity
  const code = hex === undefined ? Number(entity ?? 0) : Number.parseInt(hex, 16)
  const character = code > 0x10ffff ? '' : String.fromCodePoint(code)
  return /^[\s\p{Cc}\p{Cf}\\]$/u.test(character) ? '' : character
}
