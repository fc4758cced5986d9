import { applyRules, type Rule, type SourceText } from './source-text.ts'

const silence = String.raw`\n\u{F0000}-\u{FFFFD}`

/** Of several marks in a row, the one that a reader obeys. */
const strongest = (marks: string) => ['?', '!', '.', ','].find((mark) => marks.includes(mark)) ?? ','

const rules: Rule[] = [
  [new RegExp(String.raw`[^\x20-\x7e${silence}]+`, 'gu'), ' '],
  [/[^a-z\d\s'.,;:?!\u{F0000}-\u{FFFFD}]+/giu, ' '],
  [/\.{2,}(?= *[a-z])/g, ','],
  [/ *[.,;:?!][.,;:?! ]*/g, ([marks]) => `${strongest(marks)} `],
  // A mark has nothing to end at the start of a line.
  [new RegExp(`(?<=^|[${silence}] *)[.,?!] `, 'gu'), ' '],
]

/** Nothing but words, of which each has its mark `.`, `,`, `?` or `!` attached, and silences. */
export function readPunctuation(source: SourceText): SourceText {
  return applyRules(source, rules)
}
