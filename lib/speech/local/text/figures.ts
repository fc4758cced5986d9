import { cardinal, NUMBER, ordinal } from './numbers.ts'
import { applyRules, type Rule, type SourceText } from './source-text.ts'

const rules: Rule[] = [
  // Versions.
  [
    /(?<![\w.])v?(\d+(?:\.\d+){2,})(?!\w)/gi,
    ([match, parts = '']) =>
      `${/^v/i.test(match) ? 'version ' : ''}${parts.split('.').map(cardinal).join(' point ')}`,
  ],
  [/\bv(?=\d)/g, 'version '],
  [
    new RegExp(String.raw`(?<![\w.])(${NUMBER})k\b`, 'g'),
    ([, number = '']) => `${cardinal(number)} thousand`,
  ],
  // Ranges and plain numbers.
  [/(?<![\w.,])(\d[\d,]*)(?:st|nd|rd|th)\b/gi, ([, number = '']) => ordinal(number)],
  [
    new RegExp(String.raw`(?<![\w.-])(${NUMBER})\s?[–—]\s?(?=\d)`, 'g'),
    ([, from = '']) => `${cardinal(from)} to `,
  ],
  [
    /(?<![\w.-])(\d+)-(\d+)(?![\w-]|\.\d)/g,
    ([, from = '', to = '']) =>
      Number(from) < Number(to)
        ? `${cardinal(from)} to ${cardinal(to)}`
        : `${cardinal(from)}, ${cardinal(to)}`,
  ],
  [/(?<=^|[\s([{"'=:])([-+])(?=\.?\d)/gm, ([sign]) => (sign === '-' ? 'minus ' : 'plus ')],
  [/(?<![\w.,])\d{1,3}(?: \d{3})+(?![\w.,]*\d)/g, ([match]) => cardinal(match.replaceAll(' ', ''))],
  [new RegExp(String.raw`(?<![\w.]|\d,)(?:${NUMBER})(?![\w])`, 'g'), ([match]) => cardinal(match)],
]

/** Versions, ordinals, ranges, and what is left of numbers that stand alone. */
export function readFigures(source: SourceText): SourceText {
  return applyRules(source, rules)
}
