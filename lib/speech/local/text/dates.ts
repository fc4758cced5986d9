import { cardinal, decade, digits, ordinal, year } from './numbers.ts'
import { applyRules, type Rule, type SourceText } from './source-text.ts'

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const MONTH =
  '(January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\\b\\.?'
const DAY = '(0?[1-9]|[12]\\d|3[01])(?:st|nd|rd|th)?'
const YEAR = '(1[1-9]\\d\\d|20\\d\\d)'
const TIME = '([01]?\\d|2[0-4]):([0-5]\\d)(?::([0-5]\\d)(?:\\.\\d+)?)?'
/** A dot behind it stays where it also ends the sentence. */
const HALF = '(?:\\s?([apAP])\\.?[mM]\\b(?:\\.(?!\\s*$|\\s+[A-Z]))?(?!\\w))'

const rules: Rule[] = [
  // ISO 8601, RFC 3339.
  [
    new RegExp(
      `(?<![\\d-])(\\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])(?:[T ]${TIME})?(Z|[+-]\\d\\d:?\\d\\d)?(?![\\d-])`,
      'g',
    ),
    ([, y = '', m = '', d = '', hour, minute = '', second, zone]) =>
      [
        `${monthName(m)} ${ordinal(String(Number(d)))}, ${year(y)}`,
        hour && `, ${time(hour, minute, second)}`,
        zone && ` ${offset(zone)}`,
      ]
        .filter(Boolean)
        .join(''),
  ],
  [
    /(?<![\d./-])(\d{1,2})([./-])(\d{1,2})\2(\d{4}|(?<=\/\d{1,2}\/)\d\d)(?![\d/-]|\.\d)/g,
    ([, first = '', mark, second = '', y = '']) => numericDate(first, second, y, mark === '.'),
  ],
  [
    new RegExp(`\\b${MONTH}\\s+${DAY}(?:,?\\s+${YEAR})?(?![\\d:.,]\\d|\\d|%)`, 'g'),
    ([, m = '', d = '', y]) => `${monthName(m)} ${ordinal(String(Number(d)))}${y ? `, ${year(y)}` : ''}`,
  ],
  [
    new RegExp(`(?<![\\d.,:])${DAY}\\s+(?:of\\s+)?${MONTH}(?:,?\\s+${YEAR})?(?!\\d)`, 'g'),
    ([, d = '', m = '', y]) => `${ordinal(String(Number(d)))} of ${monthName(m)}${y ? `, ${year(y)}` : ''}`,
  ],
  [new RegExp(`\\b${MONTH}\\s+${YEAR}\\b`, 'g'), ([, m = '', y = '']) => `${monthName(m)} ${year(y)}`],
  // Times.
  [
    new RegExp(`(?<![\\d.,:])${TIME}${HALF}?(?![\\d:])`, 'gm'),
    ([, hour = '', minute = '', second, half]) => time(hour, minute, second, half),
  ],
  [
    new RegExp(`(?<![\\d.,:$])(1[0-2]|[1-9])${HALF}`, 'gm'),
    ([, hour = '', half = '']) => `${cardinal(hour)} ${half.toUpperCase()} M`,
  ],
  [/(?<![\d.,:])(\d{1,3}):(\d{1,3})(?![\d:])/g, ([, a = '', b = '']) => `${cardinal(a)} to ${cardinal(b)}`],
  // Years.
  [/(?<![\w.,])(1[1-9]\d|20\d)0'?s\b/g, ([match]) => decades(match.slice(0, 4))],
  [
    /(?:(?<![\w.,])'|(?<=\b(?:the|his|her|their|my|your|our|early|mid|late)[ -]'?))([2-9])0'?s\b/gi,
    ([, ten = '']) => decade(cardinal(`${ten}0`)),
  ],
  [
    /(?<![\w.,$€£¥₹#-])(1[1-9]\d\d|20\d\d)(?=\s?[-–]\s?(?:1[1-9]\d\d|20\d\d)(?![\w.,]\d|\d))/g,
    ([match]) => year(match),
  ],
  [
    /(?<![\w.,$€£¥₹#-]|\d )(1[1-9]\d\d|20[1-9]\d|200\d)(?![\d%:]|[.,]\d|['"]?[a-z\d]| ?(?:[kmcµ]?[mglW]|kWh|km\/h|mph|[KMGT]i?B|[kMG]?Hz|percent|dollars|euros|pounds)\b| ?[€£¥₹$+*×÷=^])/gi,
    ([match]) => year(match),
  ],
]

/** Dates, times and years as they are said in American English: `3/4/2025` is the fourth of March. */
export function readDates(source: SourceText): SourceText {
  return applyRules(source, rules)
}

function monthName(text: string): string {
  const start = text.replace('.', '').slice(0, 3)
  return months[Number(text) - 1] ?? (months.find((name) => name.startsWith(start)) as string)
}

function numericDate(first: string, second: string, y: string, isDayFirst: boolean): string | undefined {
  const [a, b] = [Number(first), Number(second)]
  const [month, day] = isDayFirst || a > 12 ? [b, a] : [a, b]
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined
  const spokenYear =
    y.length === 4 ? year(y) : Number(y) < 10 ? `oh ${cardinal(String(Number(y)))}` : cardinal(y)
  return `${monthName(String(month))} ${ordinal(String(day))}, ${spokenYear}`
}

function time(hour: string, minute: string, second?: string, half?: string): string {
  const spokenHour = cardinal(String(Number(hour)))
  const spokenMinute =
    minute === '00'
      ? ''
      : minute.startsWith('0')
        ? ` oh ${cardinal(minute.slice(1))}`
        : ` ${cardinal(minute)}`
  const spokenSecond = second && second !== '00' ? ` and ${cardinal(String(Number(second)))} seconds` : ''
  if (half) return `${spokenHour}${spokenMinute}${spokenSecond} ${half.toUpperCase()} M`
  if (minute !== '00' || spokenSecond) return `${spokenHour}${spokenMinute || ' hundred'}${spokenSecond}`
  return Number(hour) >= 1 && Number(hour) <= 12
    ? `${spokenHour} o'clock`
    : `${Number(hour) === 0 ? 'zero' : spokenHour} hundred`
}

function offset(zone: string): string {
  if (zone === 'Z') return 'U T C'
  return `U T C ${zone.startsWith('-') ? 'minus' : 'plus'} ${cardinal(String(Number(zone.slice(1, 3))))}${zone.endsWith('00') ? '' : ` ${digits(zone.slice(-2))}`}`
}

function decades(text: string): string {
  const words = year(text).split(' ')
  const last = words.pop() as string
  return [...words, last.endsWith('y') ? decade(last) : `${last}s`].join(' ')
}
