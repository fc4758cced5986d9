/** Text that was changed, and for each of its UTF-16 units the part of the original that it stands for. */
export interface SourceText {
  readonly text: string
  readonly starts: readonly number[]
  readonly ends: readonly number[]
}

/** What takes the place of a match; `undefined` leaves it as it stands. */
type Replacement = string | ((match: RegExpExecArray) => string | undefined)

/**
 * A global pattern and what takes the place of its matches. In a string `$1` to `$9` stand for the groups of a pattern
 * with the flag `d`, whose characters keep their places; everything else stands for the whole match.
 */
export type Rule = readonly [pattern: RegExp, replacement: Replacement]

export function sourceText(original: string): SourceText {
  const units = Array.from({ length: original.length }, (_, index) => index)
  return { text: original, starts: units, ends: units.map((index) => index + 1) }
}

/** Applies `rules` in their order, each to all its matches. */
export function applyRules(source: SourceText, rules: readonly Rule[]): SourceText {
  return rules.reduce(applyRule, source)
}

function applyRule(source: SourceText, [pattern, replacement]: Rule): SourceText {
  let text = ''
  const starts: number[] = []
  const ends: number[] = []
  let position = 0
  const copy = (from: number, to: number) => {
    text += source.text.slice(from, to)
    for (let index = from; index < to; index++) {
      starts.push(source.starts[index] as number)
      ends.push(source.ends[index] as number)
    }
  }
  for (const match of source.text.matchAll(pattern)) {
    const [from, to] = [match.index, match.index + match[0].length]
    const parts = partsOf(replacement, match)
    if (!parts || from === to) continue
    copy(position, from)
    for (const part of parts) {
      if (typeof part !== 'string') copy(part[0], part[1])
      else {
        text += part
        for (let unit = 0; unit < part.length; unit++) {
          starts.push(source.starts[from] as number)
          ends.push(source.ends[to - 1] as number)
        }
      }
    }
    position = to
  }
  if (position === 0) return source
  copy(position, source.text.length)
  return { text, starts, ends }
}

/** Literal text, and ranges of the text that stay. */
function partsOf(
  replacement: Replacement,
  match: RegExpExecArray,
): (string | [number, number])[] | undefined {
  if (typeof replacement !== 'string') {
    const words = replacement(match)
    return words === undefined ? undefined : [words]
  }
  return replacement
    .split(/(\$\d)/)
    .filter((part) => part !== '')
    .flatMap<string | [number, number]>((part) => {
      if (!/^\$\d$/.test(part)) return [part]
      const range = match.indices?.[Number(part[1])]
      return range ? [range as [number, number]] : []
    })
}
