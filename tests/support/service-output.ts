import type { ChildProcess } from 'node:child_process'
import { createWriteStream, mkdirSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { until } from './until.ts'

/** A line of the service's log. */
export interface LogLine {
  level: string
  time: string
  msg: string
  requestId?: string
  clipId?: string
  [field: string]: unknown
}

/** Collects what the service writes: JSON lines on standard output, words for people on standard error. */
export class ServiceOutput {
  readonly lines: LogLine[] = []
  readonly #stray: string[] = []
  /** Everything that came from either output. */
  text = ''
  readonly #onLine: (line: string) => void
  readonly #keptCharacters: number
  #forgotten = 0

  /** `onLine` is told of every line as it comes; of long-running programs only the last words are kept. */
  constructor({ onLine = (_line: string) => {}, keptCharacters = Number.POSITIVE_INFINITY } = {}) {
    this.#onLine = onLine
    this.#keptCharacters = keptCharacters
  }

  get length(): number {
    return this.#forgotten + this.text.length
  }

  /** What came after `length` had been so long. */
  since(length: number): string {
    return this.text.slice(Math.max(0, length - this.#forgotten))
  }

  read(child: ChildProcess): void {
    if (!child.stdout || !child.stderr) throw new Error('The outputs must be pipes')
    createInterface(child.stdout).on('line', (line) => this.#add(line))
    createInterface(child.stderr).on('line', (line) => this.#say(line))
  }

  #say(line: string): void {
    this.text += `${line}\n`
    if (this.text.length > this.#keptCharacters) this.#forget()
    this.#onLine(line)
  }

  #forget(): void {
    const surplus = this.text.length - this.#keptCharacters / 2
    this.text = this.text.slice(surplus)
    this.#forgotten += surplus
    this.lines.splice(0, this.lines.length / 2)
  }

  #add(line: string): void {
    this.#say(line)
    try {
      this.lines.push(JSON.parse(line))
    } catch {
      this.#stray.push(line)
    }
  }

  async waitFor(what: string | ((line: LogLine) => boolean), timeoutMs = 10_000): Promise<LogLine> {
    const matches = typeof what === 'string' ? (line: LogLine) => line.msg.includes(what) : what
    return until(`a log line ${what}`, () => this.lines.find(matches), { timeoutMs })
  }

  assertJson(): void {
    if (this.#stray.length > 0) throw new Error(`Not JSON on standard output:\n${this.#stray.join('\n')}`)
  }
}

const KEPT_CHARACTERS = 100_000

/** Writes all of a program's output to `file`, which is emptied first, and keeps the last words. */
export function outputToFile(file: string, onLine: (line: string) => void = () => {}): ServiceOutput {
  mkdirSync(path.dirname(file), { recursive: true })
  const stream = createWriteStream(file)
  return new ServiceOutput({
    keptCharacters: KEPT_CHARACTERS,
    onLine(line) {
      stream.write(`${line}\n`)
      onLine(line)
    },
  })
}
