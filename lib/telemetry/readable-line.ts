import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

const styles: Record<string, Style> = {
  fatal: 'red',
  error: 'red',
  warn: 'yellow',
  info: 'green',
  debug: 'dim',
  trace: 'dim',
}
/** The same in every line of a process. */
const known = new Set(['level', 'time', 'msg', 'host', 'pid', 'version'])

/**
 * A line of the log for people at a terminal: time, level, message, then all else. Colours as the terminal takes them, and
 * none with `NO_COLOR`. What is no line of the log stays as it is.
 *
 * @see https://no-color.org
 */
export function readableLine(line: string): string {
  const fields = read(line)
  if (!fields) return line
  const { level = '', time = '', msg = '', err } = fields
  const style = styles[String(level)] ?? 'green'
  const rest = Object.entries(fields).filter(([name]) => !known.has(name) && name !== 'err')
  const details = rest.map(([name, value]) => `${paint('dim', `${name}=`)}${shown(value)}`)
  const head = [
    paint('dim', String(time).slice(11, 23)),
    paint(style, String(level).padEnd(5)),
    withoutControls(String(msg)),
  ]
  return `${[...head, ...details].join(' ')}\n${err ? stackOf(err) : ''}`
}

function read(line: string): Record<string, unknown> | undefined {
  try {
    const fields: unknown = JSON.parse(line)
    return typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

const paint = (style: Style, text: string) => styleText(style, text, { stream: process.stdout })

const shown = (value: unknown) =>
  typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) ? value : withoutControls(JSON.stringify(value))

/** Control characters as codes: a terminal would obey those that a vendor has sent. */
const withoutControls = (text: string) =>
  text.replace(/\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`)

function stackOf(err: unknown): string {
  const { stack, message } = err as { stack?: unknown; message?: unknown }
  const text = String(stack ?? message ?? JSON.stringify(err))
  return text
    .split('\n')
    .map((row) => `    ${paint('dim', withoutControls(row.trim()))}\n`)
    .join('')
}
