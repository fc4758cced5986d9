import { pauseMarks } from './pause.ts'
import { applyRules, type Rule, type SourceText } from './source-text.ts'

/** Stands for what cannot be spoken and must be reported. */
const UNKNOWN = '\ufffd'

const rules: Rule[] = [
  [pauseMarks, UNKNOWN],
  [/\p{Surrogate}/gu, UNKNOWN],
  [/\p{Cf}|\u034f|\u20e3|\p{Variation_Selector}/gu, ''],
  [/\r\n|[\r\v\f\u0085\u2028\u2029]/g, '\n'],
  [/[^\P{Zs} ]|\t/gu, ' '],
  [/[^\P{Cc}\n]/gu, ' '],
  [/\P{M}\p{M}+/gu, ([letter]) => letter.normalize('NFC')],
  [/[‘’‚‛ʼ´]/g, "'"],
  [/[“”„‟«»‹›「」『』]/g, '"'],
  [/[‐‑﹣－]/g, '-'],
  [/[‒–]/g, '–'],
  [/[—―⸺⸻]/g, '—'],
  [/…|(?:\. ){2,}\./g, '...'],
]

/**
 * Text with one kind of blank, line break, quote and dash, and without what nobody sees: soft hyphens, zero-width
 * characters, marks of direction and of variation.
 */
export function tidyCharacters(source: SourceText): SourceText {
  return applyRules(source, rules)
}
