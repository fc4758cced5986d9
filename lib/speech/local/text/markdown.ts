import { pauseMark } from './pause.ts'
import { applyRules, type Rule, type SourceText } from './source-text.ts'

const PARAGRAPH_MS = 300

const paragraph = `\n${pauseMark(PARAGRAPH_MS)}`
const rules: Rule[] = [
  // Blocks.
  [/^ {0,3}(?:```+|~~~+)[^\n`]*$/gm, ''],
  [/^ {0,3}(?:(?:- *){3,}|(?:\* *){3,}|(?:_ *){3,}|=+ *)$/gm, ''],
  [/^[ |:]*-[ :-]*\|[ |:-]*$/gm, ''],
  [/^ {0,3}(?:> ?)+/gm, ''],
  [/^ {0,3}#{1,6}(?: +(.*?))?(?: +#+)? *$/dgm, '$1\n\n'],
  [/^ *[-*+•◦▪‣·–—] +(?:\[[ xX]\] +)?/gm, ''],
  [/^ *(\d{1,9})[.)] +(?=\S)/dgm, '$1, '],
  [/^ *\|(.*?)\|? *$/dgm, '$1'],
  [/(?<=\S) +\| +(?=\S)/g, ', '],
  // Lines of one sentence that were only wrapped at a width.
  [/(?<=[^\n]{60}[^\n.!?:;]) *\n *(?=\p{Ll})/gu, ' '],
  [/\n(?: *\n)+/g, paragraph],
  // What stands in lines.
  [/!?\[([^\]\n]*)\]\((?:<[^>\n]*>|[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+["'(][^\n]*?["')])?\)/dg, '$1'],
  [/!?\[([^\]\n]+)\]\[[^\]\n]*\]/dg, '$1'],
  [/^ {0,3}\[[^\]\n]+\]: +\S+.*$/gm, ''],
  [/\[\^[^\]\s]+\]:?/g, ''],
  [/<((?:https?|mailto|ftp):[^\s<>]+|[^\s<>@]+@[^\s<>@]+)>/dgi, '$1'],
  [/(?<!\d)(\*{1,3})(?=\S)([^\n]*?[^\s*])\1(?!\d)/dg, '$2'],
  [/(?<![\p{L}\p{N}_])(_{1,3})(?=[^\s_])([^\n]*?[^\s_])\1(?![\p{L}\p{N}_])/dgu, '$2'],
  [/~~(?=\S)([^\n]*?\S)~~/dg, '$1'],
  [/\\([!-/:-@[-`{-~])/dg, '$1'],
]

/**
 * Text without the marks of Markdown: a line break where a reader pauses, a longer pause between paragraphs. What only
 * looks like Markdown, such as `2 * 3` or `snake_case`, stays.
 *
 * @see https://spec.commonmark.org/
 */
export function readMarkdown(source: SourceText): SourceText {
  return applyRules(source, rules)
}
