import { MINUTE_MS } from './units.ts'

/** The longest wait that a server gets by `Retry-After`: who asks for more is asked again after this. */
export const LONGEST_RETRY_AFTER_MS = 5 * MINUTE_MS

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

// The three forms of RFC 9110 §5.6.7. `Date.parse` would accept much that is not a date ("1", "-5") and read the third
// form in local time.
const time = '(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})'
const httpDates = [
  new RegExp(`^[A-Z][a-z]{2}, (?<day>\\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\\d{4}) ${time} GMT$`),
  new RegExp(`^[A-Z][a-z]{5,8}, (?<day>\\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\\d{2}) ${time} GMT$`),
  new RegExp(`^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})$`),
]

/**
 * How long a `Retry-After` header asks to wait, in milliseconds: from seconds or from an HTTP date.
 *
 * `now` is milliseconds since the epoch. A date in the past gives 0, anything malformed `undefined`, and more than
 * five minutes gives five minutes.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  const text = value?.trim()
  if (!text) return undefined
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, LONGEST_RETRY_AFTER_MS)
  const date = parseHttpDate(text, now)
  return date === undefined ? undefined : Math.min(Math.max(date - now, 0), LONGEST_RETRY_AFTER_MS)
}

/**
 * An HTTP date in any of its three forms, in milliseconds since the epoch; `undefined` where `text` is not one. `now`
 * decides the century of a year with two digits.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
 */
export function parseHttpDate(text: string, now: number): number | undefined {
  const fields = httpDates.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined)
  if (fields === undefined) return undefined
  const { year = '', month = '', day, hour, minute, second } = fields
  const fullYear = year.length === 2 ? nearestYear(Number(year), now) : Number(year)
  const monthIndex = months.indexOf(month)
  if (monthIndex < 0) return undefined
  const date = new Date(0)
  date.setUTCFullYear(fullYear, monthIndex, Number(day))
  date.setUTCHours(Number(hour), Number(minute), Number(second))
  // JavaScript turns 31 February into a day in March. A leap second (:60) may run over into the next day.
  const isReal = date.getUTCDate() === Number(day) || Number(second) === 60
  return isReal && Number(hour) < 24 && Number(minute) < 60 && Number(second) <= 60
    ? date.getTime()
    : undefined
}

/** A two-digit year that looks more than 50 years ahead is the latest one in the past with these digits. */
function nearestYear(twoDigits: number, now: number): number {
  const thisYear = new Date(now).getUTCFullYear()
  const year = thisYear - (thisYear % 100) + twoDigits
  return year > thisYear + 50 ? year - 100 : year
}
