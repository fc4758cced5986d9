import { toCardinal, toOrdinal } from 'n2words/en-US'

/** More digits than any name of a number is good for are read one by one. */
const MAX_NAMED_DIGITS = 15

const digitNames = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']

/** `204` → `two zero four` */
export const digits = (text: string) =>
  Array.from(text.replaceAll(/\D/g, ''), (digit) => digitNames[Number(digit)]).join(' ')

/** `1,204.50` → `one thousand two hundred four point five zero`. A leading zero makes it a code. */
export function cardinal(text: string): string {
  const [, sign, integer = '', decimals = ''] = /^([-−+]?)([\d,]*)(?:\.(\d+))?/.exec(text) ?? []
  const bare = integer.replaceAll(',', '')
  const isCode = /^0\d/.test(bare) || bare.length > MAX_NAMED_DIGITS
  const words = [
    sign === '+' ? 'plus' : sign ? 'minus' : '',
    isCode ? digits(bare) : toCardinal(BigInt(bare || '0')).replaceAll('-', ' '),
    decimals && `point ${digits(decimals)}`,
  ]
  return words.filter(Boolean).join(' ')
}

/** `21` → `twenty first` */
export function ordinal(text: string): string {
  const bare = text.replaceAll(',', '')
  if (/^0/.test(bare) || bare.length > MAX_NAMED_DIGITS) return `${cardinal(bare)}th`
  return toOrdinal(BigInt(bare)).replaceAll('-', ' ')
}

/** `1984` → `nineteen eighty four`, `2005` → `two thousand five`, `1900` → `nineteen hundred` */
export function year(text: string): string {
  const value = Number(text)
  const [century, rest] = [Math.floor(value / 100), value % 100]
  if (value < 1100 || value > 2099 || century === 20) {
    return value >= 2010 && value <= 2099 ? `twenty ${cardinal(String(rest))}` : cardinal(text)
  }
  if (rest === 0) return `${cardinal(String(century))} hundred`
  return `${cardinal(String(century))} ${rest < 10 ? `oh ${cardinal(String(rest))}` : cardinal(String(rest))}`
}

/** `Number(text) === 1`, as it is said: what stands behind it is singular. */
export const isOne = (text: string) => /^[-−+]?1$/.test(text)

/** `nineties` of `ninety` */
export const decade = (words: string) => words.replace(/y$/, 'ie').concat('s')

/** A number as it is written: `5`, `1,234`, `2.50`, `.5` */
export const NUMBER = String.raw`(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+`
