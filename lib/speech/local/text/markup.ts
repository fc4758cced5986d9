import { decodeHTML } from 'entities'
import { tidyCharacters } from './characters.ts'
import { pauseMark } from './pause.ts'
import { applyRules, type Rule, type SourceText, sourceText } from './source-text.ts'

/** Of HTML and SSML, those behind which a reader pauses. */
const blocks =
  'address|article|aside|blockquote|br|dd|details|div|dl|dt|figcaption|figure|footer|form|h[1-6]|header|hr|html|li|main|nav|ol|p|pre|s|section|speak|summary|table|tbody|td|tfoot|th|thead|title|tr|ul'
const inlines =
  'a|abbr|audio|b|bdi|bdo|big|body|button|center|cite|code|del|dfn|em|emphasis|font|head|i|img|input|ins|kbd|label|lang|link|mark|meta|metadata|phoneme|prosody|q|ruby|samp|say-as|small|span|strike|strong|sub|sup|svg|time|tt|u|var|video|voice|w|wbr|mstts:[\\w-]+|amazon:[\\w-]+'
const attributes = String.raw`(?:\s+[\w:-]+(?:\s*=\s*(?:"[^"<]*"|'[^'<]*'|[^\s"'<>=]+))?)*\s*`
const tag = (names: string) => new RegExp(String.raw`<\/?(?:${names})${attributes}\/?>`, 'gi')

/** The breaks of SSML that have a strength and no time. */
const strengthsMs: Record<string, number> = {
  none: 0,
  'x-weak': 100,
  weak: 200,
  medium: 400,
  strong: 700,
  'x-strong': 1000,
}

const rules: Rule[] = [
  [/<!--[\s\S]*?-->|<\?[^<>]*\?>|<!DOCTYPE[^<>]*>/gi, ' '],
  [/<(script|style)\b[^<>]*>[\s\S]*?<\/\1\s*>/gi, ' '],
  [/<sub\s[^<>]*alias\s*=\s*["']([^"'<>]*)["'][^<>]*>[^<]*<\/sub>/gi, ([, alias = '']) => alias],
  [
    /<say-as\s[^<>]*interpret-as\s*=\s*["'](?:characters|spell-out|verbatim|digits|telephone)["'][^<>]*>([^<]*)<\/say-as>/gi,
    ([, text = '']) => ` ${Array.from(text.replaceAll(/\s/g, '')).join(' ').toUpperCase()} `,
  ],
  [/<break\b([^<>]*)>/gi, ([, of = '']) => pauseMark(breakMs(of))],
  [tag(blocks), '\n'],
  [tag(inlines), ''],
  [/<\/?(\p{L}[\w-]*)>/dgu, ' $1 '],
  [
    /&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,31});/gi,
    ([entity]) => tidyCharacters(sourceText(decodeHTML(entity))).text,
  ],
]

/**
 * Text without the tags and the entities of SSML and HTML. `<break>` becomes a silence, `<sub>` its alias,
 * `<say-as interpret-as="characters">` single letters; names in pointed brackets that are no tags are text.
 *
 * @see https://www.w3.org/TR/speech-synthesis11/
 */
export function readMarkup(source: SourceText): SourceText {
  return applyRules(source, rules)
}

function breakMs(of: string): number {
  const [, value, unit] = /time\s*=\s*["']?\+?([\d.]+)(ms|s)/i.exec(of) ?? []
  if (value) return Number(value) * (unit?.toLowerCase() === 's' ? 1000 : 1) || 0
  return strengthsMs[/strength\s*=\s*["']?([a-z-]+)/i.exec(of)?.[1] ?? 'medium'] ?? 400
}
