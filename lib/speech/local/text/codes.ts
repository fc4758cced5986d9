import { digits } from './numbers.ts'
import { applyRules, type Rule, type SourceText } from './source-text.ts'

/** What is named by its digits: `Your code is 48213`. */
const named =
  '(?:code|pin|otp|passcode|password|number|no|id|account|order|invoice|ticket|tracking|reference|ref|booking|confirmation|case|card|ending in|extension|ext|zip|postcode|serial|token)'
const last = (count: string) =>
  new RegExp(String.raw`(?<=\b${named}\b[^\n.!?\d]{0,12})(?<![\w.,])\d${count}(?![\d,]*\d|\.\d)`, 'gi')
const groups = (text: string) => text.split(/\D+/).filter(Boolean).map(digits).join(', ')

const rules: Rule[] = [
  // Telephone numbers: international, of North America, with a leading zero.
  [/(?<![\w.])\+\d{1,3}(?:[ ./-]?\(?\d{1,5}\)?){2,6}(?!\w)/g, ([match]) => `plus ${groups(match)}`],
  [/(?<![\w.])(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?!\w)/g, ([match]) => groups(match)],
  [
    /(?<![\w.-])(?:\d{3}-\d{4}|\d{3}-\d\d-\d{4}|\d{4}(?:[ -]\d{4}){2,4})(?![\w-])/g,
    ([match]) => groups(match),
  ],
  [/(?<![\w.])(?=(?:\D?\d){9})0\d{1,4}(?:[ -]\d{2,8}){1,4}(?!\w)/g, ([match]) => groups(match)],
  // Codes, and numbers of things.
  [/(?<![\w&])#\s?(?=\d)|\b[Nn]o\.\s?(?=\d)|№\s?/g, ' number '],
  [last('{4,}'), ([match]) => digits(match)],
  [
    /(?<=\b(?:code|pin|otp|passcode|password)\b[^\n.!?\d]{0,12})(?<![\w.,])\d{3}(?!\w)/gi,
    ([match]) => digits(match),
  ],
]

/** Telephone numbers, and numbers that are names: verification codes, orders, `#5`. */
export function readCodes(source: SourceText): SourceText {
  return applyRules(source, rules)
}
