import { applyRules, type Rule, type SourceText } from './source-text.ts'

const marks: Record<string, string> = {
  '.': 'dot',
  '/': 'slash',
  '@': 'at',
  '-': 'dash',
  _: 'underscore',
  ':': 'colon',
  '?': 'question mark',
  '=': 'equals',
  '&': 'and',
  '#': 'hash',
  '%': 'percent',
  '+': 'plus',
  '~': 'tilde',
}

const rules: Rule[] = [
  [/(?:https?|ftp|wss?|ipfs|ipns|mailto):(?:\/\/)?[^\s<>"',]+/gi, ([url]) => address(url)],
  [/(?<![\w@.])www\.[^\s<>"',]+/gi, ([url]) => address(url)],
  [/[\w.%+-]+@[\w-]+(?:\.[\w-]+)+/g, ([mail]) => address(mail)],
  [
    /(?<![\w.@-])(?:[a-z\d-]+\.)+(?:com|org|net|io|dev|app|ai|co|edu|gov|info|uk|de|fr|eu|xyz|tech|cloud)(?:\/[^\s<>"',]*)?(?![\w-])/gi,
    ([url]) => address(url),
  ],
  [/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?(?![\d.]*\d)/g, ([ip]) => address(ip)],
  [/(?<![\w/.])(?:~|\.{1,2})?(?:\/[\w.-]+){2,}\/?/g, ([path]) => address(path)],
  [
    /(?<![\w.])[\w-]+(?:\.[\w-]+)*\.(?:[cm]?[jt]sx?|json|ya?ml|toml|md|txt|csv|pdf|docx?|xlsx?|pptx?|zip|gz|png|jpe?g|gif|svg|mp[34]|wav|html?|css|py|rs|go|sh|exe|env|log|xml)(?!\w)/gi,
    ([file]) => address(file),
  ],
  [/(?<![\w@])@([a-z_][\w.-]*\w)/gi, ([, name = '']) => ` at ${address(name)}`],
  [/(?<![\w#&])#([a-z_]\w*)/gi, ([, name = '']) => ` hashtag ${address(name)}`],
  [/(?<=[\p{L}\d])_+(?=[\p{L}\d])/gu, ' '],
]

/** URLs, e-mail addresses, IP addresses, names of files and of people, read with their dots and slashes. */
export function readAddresses(source: SourceText): SourceText {
  return applyRules(source, rules)
}

function address(written: string): string {
  const [, end = ''] = /([.,;:!?)\]}*]*)$/.exec(written) ?? []
  const spoken = written
    .slice(0, written.length - end.length)
    .replace(/^(?:(?:https?|ftp|wss?):\/\/|mailto:)?(?:www\.)?/i, '')
    .replace(/\/$/, '')
    .replaceAll(/[./@\-_:?=&#%+~]+/g, (run) => ` ${Array.from(run, (mark) => marks[mark]).join(' ')} `)
  return `${spoken.trim()}${end}`
}
