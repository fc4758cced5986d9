import { cardinal, digits } from './numbers.ts'
import { applyRules, type Rule, type SourceText } from './source-text.ts'

/** With their dot. */
const dotted: Record<string, string> = {
  'e.g.': 'for example',
  'i.e.': 'that is',
  'etc.': 'et cetera',
  'vs.': 'versus',
  'approx.': 'approximately',
  'a.k.a.': 'also known as',
  'Mr.': 'Mister',
  'Mrs.': 'Missus',
  'Ms.': 'Miz',
  'Dr.': 'Doctor',
  'Prof.': 'Professor',
  'St.': 'Saint',
  'Jr.': 'Junior',
  'Sr.': 'Senior',
  'Inc.': 'Incorporated',
  'Ltd.': 'Limited',
  'Corp.': 'Corporation',
  'Co.': 'Company',
  'dept.': 'department',
  'Dept.': 'Department',
  'est.': 'established',
  'fig.': 'figure',
  'Fig.': 'Figure',
  'vol.': 'volume',
  'Vol.': 'Volume',
  'p.': 'page',
  'pp.': 'pages',
  'Ave.': 'Avenue',
  'Blvd.': 'Boulevard',
  'Rd.': 'Road',
  'Gen.': 'General',
  'Sgt.': 'Sergeant',
  'Capt.': 'Captain',
  'Rev.': 'Reverend',
  'max.': 'maximum',
  'min.': 'minimum',
  'incl.': 'including',
  'tel.': 'telephone',
  'Tel.': 'Telephone',
  'w.r.t.': 'with respect to',
  'cf.': 'compare',
}
/** Without a dot. */
const plain: Record<string, string> = {
  vs: 'versus',
  etc: 'et cetera',
  Mr: 'Mister',
  Mrs: 'Missus',
  Ms: 'Miz',
  Dr: 'Doctor',
  Prof: 'Professor',
  eg: 'for example',
  'w/o': 'without',
  'w/': 'with ',
  'b/c': 'because',
  'c/o': 'care of',
  'n/a': 'not applicable',
  'N/A': 'not applicable',
  aka: 'also known as',
  'C#': 'C sharp',
  'F#': 'F sharp',
  'A/C': 'A C',
}

/** Capitals that are said letter by letter, although Flite would take them for words. */
const spelled =
  /\b(?:API|URL|URI|USA|UK|EU|UN|AI|UI|UX|IT|US|IO|ETA|FYI|FAQ|VAT|ISO|IP|EMEA|APR|CEO|CTO|CFO|COO|SQL|ISBN|IOU|UFO|EOD|AM|PM|AC|DC|AAA|AWS|IAM|IDE|ATM|TBA|EPA|FBI|CIA|GPA|OEM)(?=s?\b)/g
const words: Record<string, string> = {
  JSON: 'Jason',
  PIN: 'pin',
  LASER: 'laser',
  ASAP: 'A S A P',
  IPFS: 'I P F S',
  OK: 'okay',
  Ok: 'okay',
  ok: 'okay',
  SaaS: 'sass',
  YAML: 'yammle',
  JPEG: 'jay peg',
  JPG: 'jay peg',
  GIF: 'gif',
  WiFi: 'why fie',
  'Wi-Fi': 'why fie',
  WIFI: 'why fie',
  COVID: 'covid',
  NGINX: 'engine X',
  SIM: 'sim',
}

const escaped = (text: string) => text.replaceAll(/[./]/g, '\\$&')
const anyOf = (names: Record<string, string>) =>
  Object.keys(names)
    .sort((a, b) => b.length - a.length)
    .map(escaped)
    .join('|')
const letters = (text: string) => Array.from(text).join(' ').toUpperCase()

const rules: Rule[] = [
  // Behind a dot that may also end the sentence a capital begins the next.
  [new RegExp(String.raw`(?<![\w.])(?:${anyOf(dotted)})(?=\s*$|\s+[A-Z]?)`, 'gm'), (match) => unfold(match)],
  [new RegExp(String.raw`(?<![\w.,'])(?:${anyOf(dotted)})(?=[,;:)\]"'?!])`, 'g'), ([match]) => dotted[match]],
  [new RegExp(String.raw`(?<![\w/.'])(?:${anyOf(plain)})(?![\w/])`, 'g'), ([match]) => plain[match]],
  [/\b(?:[A-Za-z]\.){2,}/g, ([match]) => letters(match.replaceAll('.', ''))],
  [/(?<=(?<![A-Z] )\b[A-Z])\.(?=\s[A-Z](?:\.|[a-z]))/g, ''],
  [new RegExp(String.raw`(?<![\w'])(?:${anyOf(words)})(?![\w'])`, 'g'), ([match]) => words[match]],
  [/\b[A-Z]{1,3}(?:&[A-Z]{1,3})+\b/g, ([match]) => match.split('&').map(letters).join(' and ')],
  [spelled, ([match]) => letters(match)],
  // Letters and digits in one: A4, B2B, 4K, COVID19, XJ900.
  [/(?<![\p{L}\d])(?=[\p{L}\d]*\p{L})(?=[\p{L}\d]*\d)[\p{L}\d]+/gu, ([match]) => mixture(match)],
  [/(?<!\p{L})\p{Ll}+(?:\p{Lu}\p{Ll}+){2,}(?!\p{L})/gu, ([match]) => match.replaceAll(/(?=\p{Lu})/gu, ' ')],
]

/** Abbreviations, initials, capitals that are no word, and codes of letters and digits. */
export function readAbbreviations(source: SourceText): SourceText {
  return applyRules(source, rules)
}

const titles = /^(?:Mr|Mrs|Ms|Dr|Prof|St|Gen|Sgt|Capt|Rev)\.$/

/** Of a street. */
const LONGEST_NAME = 40

function unfold(match: RegExpExecArray): string | undefined {
  const [written] = match
  const rest = match.input.slice(match.index + written.length)
  const isEnd =
    /^\s*(?:\n|$)/.test(rest) ||
    (/^\s+[A-Z]/.test(rest) &&
      !titles.test(written) &&
      written !== 'e.g.' &&
      written !== 'i.e.' &&
      written !== 'vs.')
  const before = match.input.slice(Math.max(0, match.index - LONGEST_NAME), match.index)
  const isStreet = written === 'St.' && /\p{Lu}[\p{L}']* $/u.test(before)
  return `${isStreet ? 'Street' : dotted[written]}${isEnd || (isStreet && /^\s+[A-Z]/.test(rest)) ? '.' : ''}`
}

/** Parts of letters and of digits: short ones as a number, long ones and those of codes digit by digit. */
function mixture(text: string): string {
  const parts = text.match(/\p{L}+|\d+/gu) ?? []
  const isCode = parts.length > 3 || text.length > 8
  return parts
    .map((part) => {
      if (/\d/.test(part)) return isCode || part.length > 3 ? digits(part) : cardinal(part)
      return part.length <= (isCode ? 4 : 3) && part === part.toUpperCase()
        ? letters(part)
        : part.length === 1
          ? part.toUpperCase()
          : part
    })
    .join(' ')
}
