import { cardinal, ordinal } from './numbers.ts'
import { applyRules, type Rule, type SourceText } from './source-text.ts'

const raised: Record<string, string> = {
  '⁰': '0',
  '¹': '1',
  '²': '2',
  '³': '3',
  '⁴': '4',
  '⁵': '5',
  '⁶': '6',
  '⁷': '7',
  '⁸': '8',
  '⁹': '9',
  '⁻': '-',
  '⁺': '+',
  ⁿ: 'n',
}
const plain = (text: string) => Array.from(text, (character) => raised[character] ?? character).join('')

/** Letters that stand for themselves in formulas. A word of them is a word of another language. */
const greek: Record<string, string> = {
  α: 'alpha',
  β: 'beta',
  γ: 'gamma',
  Γ: 'gamma',
  δ: 'delta',
  Δ: 'delta',
  '∆': 'delta',
  ε: 'epsilon',
  ϵ: 'epsilon',
  ζ: 'zeta',
  η: 'eta',
  θ: 'theta',
  Θ: 'theta',
  ι: 'iota',
  κ: 'kappa',
  λ: 'lambda',
  Λ: 'lambda',
  µ: 'micro',
  ν: 'nu',
  ξ: 'xi',
  Ξ: 'xi',
  π: 'pi',
  Π: 'pi',
  ρ: 'rho',
  σ: 'sigma',
  Σ: 'sigma',
  τ: 'tau',
  υ: 'upsilon',
  φ: 'phi',
  Φ: 'phi',
  ϕ: 'phi',
  χ: 'chi',
  ψ: 'psi',
  Ψ: 'psi',
  ω: 'omega',
  Ω: 'omega',
}

const signs: Record<string, string> = {
  '×': 'times',
  '÷': 'divided by',
  '±': 'plus or minus',
  '∓': 'minus or plus',
  '≤': 'less than or equal to',
  '⩽': 'less than or equal to',
  '≥': 'greater than or equal to',
  '⩾': 'greater than or equal to',
  '≠': 'not equal to',
  '≈': 'approximately',
  '≅': 'approximately',
  '≃': 'approximately',
  '∼': 'approximately',
  '≡': 'identical to',
  '∝': 'proportional to',
  '∞': 'infinity',
  '√': 'square root of',
  '∛': 'cube root of',
  '∑': 'sum of',
  '∏': 'product of',
  '∫': 'integral of',
  '∂': 'partial',
  '∇': 'nabla',
  '∈': 'in',
  '∉': 'not in',
  '⊂': 'subset of',
  '⊆': 'subset of',
  '∪': 'union',
  '∩': 'intersection',
  '∅': 'empty set',
  '∀': 'for all',
  '∃': 'there exists',
  '¬': 'not',
  '∧': 'and',
  '∨': 'or',
  '∴': 'therefore',
  '∵': 'because',
  '→': 'to',
  '⟶': 'to',
  '←': 'from',
  '↔': 'to and from',
  '⇒': 'implies',
  '⇔': 'if and only if',
  '↑': 'up',
  '↓': 'down',
  '∠': 'angle',
  '⊥': 'perpendicular to',
  '∥': 'parallel to',
}

const vulgar = '½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒'
const SUPERSCRIPT = '[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+|ⁿ'

const rules: Rule[] = [
  // Fractions.
  [
    new RegExp(`(\\d+)?\\s?([${vulgar}])`, 'g'),
    ([, whole, part = '']) => mixed(whole, ...(part.normalize('NFKD').split('⁄') as [string, string])),
  ],
  [
    /(?<![\d/.,])(\d+)[ -](\d{1,2})[/⁄](\d{1,3})(?![\d/]|\.\d)/g,
    ([match, whole, top = '', bottom = '']) =>
      Number(top) < Number(bottom) ? mixed(whole, top, bottom) : match,
  ],
  [
    /(?<![\d/.,])(24)\/(7)(?![\d/])|(?<![\d/.,])(50)\/(50)(?![\d/])|(?<![\d/.,])(9)\/(11)(?![\d/])/g,
    ([match]) => match.split('/').map(cardinal).join(' '),
  ],
  [
    /(?<![\w/.,])(\d{1,3})\s?[/⁄]\s?(\d{1,3})(?![\w/]|\.\d)/g,
    ([, top = '', bottom = '']) => fraction(top, bottom),
  ],
  // Powers and roots.
  [
    new RegExp(String.raw`(?<=(?<![\p{L}\d])(?:\p{L}{1,2}|[\d.,]*\d)|\))(${SUPERSCRIPT})`, 'gu'),
    ([match]) => power(plain(match)),
  ],
  [/(?<=[\p{L}\d)])\^\(?([-−]?(?:\d+|\p{L}))\)?/gu, ([, exponent = '']) => power(exponent)],
  [/(?<=[\d)]\s?)\*\*(?=\s?[\d(])/g, ' to the power of '],
  [/[⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, ([match]) => ` ${plain(match)} `],
  [
    /(?<!\p{L})(?:\p{Lu}\p{Ll}?|[₀-₉()])+(?!\p{L})/gu,
    ([match]) =>
      /[₀-₉]/.test(match) ? Array.from(match.normalize('NFKC')).join(' ').toUpperCase() : undefined,
  ],
  [/[₀-₉]+/g, ([match]) => ` ${match.normalize('NFKD')} `],
  // Signs.
  [/(?<=[\d\p{L})]\s?)[*·⋅∙](?=\s?[\d(])|(?<=[\d)]\s?)[*·⋅∙](?=\s?\p{L}(?!\p{L}))/gu, ' times '],
  [/(?<=\d)x(?=\d)|(?<=\d )x(?= \d)/g, ' by '],
  [/(?<=[\d\p{L})]) ?[−-] ?(?=\d[\d.,]* ?=)|(?<=[\d)] )[−-](?= [\d(])|(?<=[\d)])−(?=[\d(])/gu, ' minus '],
  [/−/g, ' minus '],
  [/<=/g, ' less than or equal to '],
  [/(?<![=-])>=/g, ' greater than or equal to '],
  [/!==?/g, ' not equal to '],
  [/(?:->|=>|-->|==>)/g, ' to '],
  [/={1,3}/g, ' equals '],
  [/(?<=[\w)] ?)\+(?= ?[\d(\p{L}])/gu, ' plus '],
  [/(?<=[\w\p{L}])\+{1,2}/gu, ([match]) => ' plus'.repeat(match.length)],
  [/(?<=[\w)] ?)<(?= ?[\w(-])|<(?=\d)/g, ' less than '],
  [/(?<=[\w)] ?)>(?= ?[\w(-])|>(?=\d)/g, ' greater than '],
  [/[~≈](?=\s?[\d$€£])/g, ' approximately '],
  [
    /(?<!\p{L})(\p{Script=Greek}|∆|µ|Ω)(?!\p{Script=Greek})/gu,
    ([match, letter = '']) => (greek[letter] ? ` ${greek[letter]} ` : match),
  ],
  [new RegExp(`[${Object.keys(signs).join('')}]`, 'g'), ([sign]) => ` ${signs[sign]} `],
]

/** Fractions, powers and the signs of formulas: `1½`, `3/4`, `10⁸`, `x^2`, `5 × 3`, `≤`, `π`. */
export function readArithmetic(source: SourceText): SourceText {
  return applyRules(source, rules)
}

function mixed(whole: string | undefined, top: string, bottom: string): string {
  const part = fraction(top, bottom)
  if (!whole) return ` ${part} `
  return ` ${cardinal(whole)} and ${top === '1' ? part.replace(/^one/, 'a') : part} `
}

function fraction(top: string, bottom: string): string {
  const [a, b] = [Number(top), Number(bottom)]
  if (b === 10 || b === 100 || b < 2 || a >= b) return `${cardinal(top)} out of ${cardinal(bottom)}`
  const name = b === 2 ? 'half' : b === 4 ? 'quarter' : ordinal(bottom)
  return `${cardinal(top)} ${name}${a === 1 ? '' : 's'}`
}

function power(exponent: string): string {
  if (exponent === '2') return ' squared '
  if (exponent === '3') return ' cubed '
  return ` to the power of ${/\d/.test(exponent) ? cardinal(exponent) : exponent} `
}
