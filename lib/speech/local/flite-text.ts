const MAX_PIECE_CHARACTERS = 400

const sentences = new Intl.Segmenter('en', { granularity: 'sentence' })

const spelling: [pattern: RegExp, ascii: string][] = [
  [/\p{M}/gu, ''],
  [/[‘’‚‛′]/g, "'"],
  [/[“”„‟″«»]/g, '"'],
  [/[‐‑−]/g, '-'],
  [/[‒–—―]/g, ' - '],
  [/⁄/g, '/'],
  [/ß/g, 'ss'],
  [/æ/gi, 'ae'],
  [/œ/gi, 'oe'],
  [/ø/gi, 'o'],
  [/ł/gi, 'l'],
  [/€/g, ' euro '],
  [/£/g, ' pound '],
  [/[^\x20-\x7e\n]+/g, ' '],
  // At a long run of such characters Flite reads beyond its memory.
  [/([^a-z0-9\s]{3})[^a-z0-9\s]+/gi, '$1'],
]

/**
 * `text` as Flite can speak it: plain ASCII, in pieces of whole sentences where these have at most 400 characters.
 * What has no ASCII spelling is left out.
 *
 * The limit bounds the memory of one run and the time until the first byte, since a piece is synthesised as a whole.
 */
export function toPieces(text: string): string[] {
  const ascii = spelling.reduce(
    (spelled, [pattern, replacement]) => spelled.replace(pattern, replacement),
    text.normalize('NFKD'),
  )
  const pieces = ['']
  for (const { segment } of sentences.segment(ascii)) {
    for (const part of cut(segment)) {
      if (`${pieces.at(-1)}${part}`.length > MAX_PIECE_CHARACTERS) pieces.push('')
      pieces[pieces.length - 1] += part
    }
  }
  return pieces.filter((piece) => piece.trim() !== '')
}

/** Cuts at white space; within a word only where the word alone is too long. */
function cut(sentence: string): string[] {
  if (sentence.length <= MAX_PIECE_CHARACTERS) return [sentence]
  return (
    sentence.match(
      new RegExp(`[^]{1,${MAX_PIECE_CHARACTERS - 1}}(?:\\s|$)|\\S{${MAX_PIECE_CHARACTERS}}`, 'g'),
    ) ?? []
  )
}
