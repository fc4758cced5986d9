import anyAscii from 'any-ascii'
import { applyRules, type Rule, type SourceText } from './source-text.ts'

/** Signs that have a name, in a text that is no formula. */
const signs: Record<string, string> = {
  '&': 'and',
  '@': 'at',
  '#': 'hash',
  '%': 'percent',
  '+': 'plus',
  '=': 'equals',
  '©': 'copyright',
  '®': 'registered',
  '™': 'trademark',
  '§': 'section',
  '¶': 'paragraph',
  $: 'dollars',
  '€': 'euros',
  '£': 'pounds',
  '¥': 'yen',
  '₹': 'rupees',
  '¢': 'cents',
  '\\': 'backslash',
  '★': 'star',
  '☆': 'star',
  '<': 'less than',
  '>': 'greater than',
  '^': 'caret',
  '‰': 'per thousand',
}

const rules: Rule[] = [
  [/[^\P{Script=Latin}a-zA-Z]/gu, ([letter]) => anyAscii(letter)],
  [/[\u{FF01}-\u{FF5E}]/gu, ([character]) => character.normalize('NFKC')],
  [/(?<=\p{L})\p{M}+/gu, ''],
  [/[&@#%+=©®™§¶$€£¥₹¢\\★☆<>^‰]/g, ([sign]) => ` ${signs[sign]} `],
  // Asides, with the pauses that a reader makes.
  [/\s*[([{]\s*/g, ', '],
  [/\s*[)\]}](?=\s*[,.;:?!])/g, ''],
  [/\s*[)\]}]\s*/g, ', '],
  [/\s*—\s*|\s+[–-]{1,3}\s+|--+/g, ', '],
  [/[،、，；]/g, ', '],
  [/[。！？]/g, ([mark]) => `${mark.normalize('NFKC').replace('。', '.')} `],
  [/[¡¿"`|*~/_–•·†‡-]/g, ' '],
  [/(?<!\p{L})'|'(?!\p{L})/gu, ' '],
]

/** Latin letters as ASCII, signs by their names, and of the punctuation only what Flite makes pauses of. */
export function readLetters(source: SourceText): SourceText {
  return applyRules(source, rules)
}
