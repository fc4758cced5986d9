import { cardinal, isOne, NUMBER } from './numbers.ts'
import { applyRules, type Rule, type SourceText } from './source-text.ts'

/** One and many of the unit, then of its hundredth part. */
type Currency = [one: string, many: string, part?: string, parts?: string]

const dollar: Currency = ['dollar', 'dollars', 'cent', 'cents']
const euro: Currency = ['euro', 'euros', 'cent', 'cents']
const pound: Currency = ['pound', 'pounds', 'penny', 'pence']
const rupee: Currency = ['rupee', 'rupees', 'paisa', 'paise']
const franc: Currency = ['Swiss franc', 'Swiss francs', 'cent', 'cents']
const yen: Currency = ['yen', 'yen']
const of = (country: string): Currency =>
  dollar.map((word, index) => (index < 2 ? `${country} ${word}` : word)) as Currency

const currencies: Record<string, Currency> = {
  $: dollar,
  '€': euro,
  '£': pound,
  '¥': yen,
  '￥': yen,
  '₹': rupee,
  '₩': ['won', 'won'],
  '₽': ['ruble', 'rubles'],
  '₺': ['lira', 'lira'],
  '₴': ['hryvnia', 'hryvnias'],
  '₦': ['naira', 'naira'],
  '₱': ['peso', 'pesos'],
  '₪': ['shekel', 'shekels'],
  '₫': ['dong', 'dong'],
  '₿': ['bitcoin', 'bitcoins'],
  '¢': ['cent', 'cents'],
  US$: of('U S'),
  A$: of('Australian'),
  C$: of('Canadian'),
  USD: of('U S'),
  AUD: of('Australian'),
  CAD: of('Canadian'),
  EUR: euro,
  GBP: pound,
  INR: rupee,
  JPY: yen,
  CNY: ['yuan', 'yuan'],
  CHF: franc,
  Rs: rupee,
  'Rs.': rupee,
  zł: ['zloty', 'zloty'],
  kr: ['krone', 'kroner'],
}

const scales: Record<string, string> = {
  k: 'thousand',
  K: 'thousand',
  m: 'million',
  M: 'million',
  mn: 'million',
  Mn: 'million',
  mio: 'million',
  bn: 'billion',
  Bn: 'billion',
  b: 'billion',
  B: 'billion',
  tn: 'trillion',
  T: 'trillion',
  thousand: 'thousand',
  million: 'million',
  billion: 'billion',
  trillion: 'trillion',
}

const escaped = (text: string) => text.replaceAll(/[$.]/g, '\\$&')
const SYMBOL = Object.keys(currencies)
  .sort((a, b) => b.length - a.length)
  .map(escaped)
  .join('|')
const SCALE = String.raw`(?:\s?(${Object.keys(scales).join('|')})\b)?`
const RANGE = String.raw`(?:\s?[-–—]\s?(?:${SYMBOL})?\s?(${NUMBER}))?`

const rules: Rule[] = [
  [
    new RegExp(String.raw`([-−]?)(?<![\w$])(${SYMBOL})\s?([-−]?)(${NUMBER})${RANGE}${SCALE}(?!\d)`, 'g'),
    ([, minus, symbol = '', inner, amount = '', to, scale]) =>
      spoken(symbol, `${minus || inner || ''}${amount}`, to, scale),
  ],
  [
    new RegExp(String.raw`([-−]?)(?<![\w.,])(${NUMBER})${RANGE}${SCALE}\s?(${SYMBOL})(?!\w)`, 'g'),
    ([, minus = '', amount = '', to, scale, symbol = '']) => spoken(symbol, `${minus}${amount}`, to, scale),
  ],
]

/** `£20` → `twenty pounds`, `$1.50` → `one dollar fifty`, `€3m` → `three million euros`, `$5–10` → `five to ten dollars` */
export function readMoney(source: SourceText): SourceText {
  return applyRules(source, rules)
}

function spoken(symbol: string, amount: string, to?: string, scale?: string): string {
  const [one, many, part, parts] = currencies[symbol] as Currency
  const range = to ? `${cardinal(amount)} to ${cardinal(to)}` : cardinal(amount)
  if (scale) return `${range} ${scales[scale]} ${many}`
  const [, whole = '', cents = ''] = /^(.*)\.(\d\d)$/.exec(amount) ?? []
  if (to || !part || !cents) return `${range} ${isOne(amount) && !to ? one : many}`
  const unit = `${cardinal(whole)} ${isOne(whole) ? one : many}`
  if (cents === '00') return unit
  const rest = cardinal(String(Number(cents)))
  if (/^[-−]?0?$/.test(whole))
    return `${/^[-−]/.test(whole) ? 'minus ' : ''}${rest} ${cents === '01' ? part : parts}`
  return Number(cents) < 10 ? `${unit} and ${rest} ${cents === '01' ? part : parts}` : `${unit} ${rest}`
}
