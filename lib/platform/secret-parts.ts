import { readPlain } from './plain-reading.ts'
import { partsOf } from './redact.ts'
import { encodedForms } from './secret-forms.ts'

/** What six characters of a secret take up in each form. */
const PLAIN_RUN = 6
const HEX_RUN = 12
const BASE64_RUN = 8
const MIN_SECRET_LENGTH = 4

/**
 * Makes a function that says whether a text has six or more characters in a row of one of `secrets`, or all of a shorter
 * one, in any form that `createScrubber` knows. Stricter than that: for texts of others, which can be withheld as a whole.
 *
 * Six small letters in a row do not count: they are part of a word.
 */
export function createPartDetector(secrets: readonly string[]): (text: string) => boolean {
  const runs = new Map<number, Set<string>>()
  for (const secret of secrets.flatMap(partsOf)) {
    if (secret.length < MIN_SECRET_LENGTH) continue
    const { hex, base64 } = encodedForms(secret)
    for (const run of telling(secret)) addRuns(runs, [run, [...run].reverse().join('')], PLAIN_RUN)
    addRuns(runs, hex, HEX_RUN)
    addRuns(runs, base64, BASE64_RUN)
  }
  const isIn = (text: string) =>
    [...runs].some(([length, known]) => runsOf(text, length).some((run) => known.has(run)))
  return (text) =>
    isIn(readPlain(text).text) || (text.includes('<') && isIn(readPlain(text, { skipsMarkup: true }).text))
}

/** The runs of a secret by which it can be recognised. */
function telling(secret: string): string[] {
  const { text, starts } = readPlain(secret)
  const asWritten = starts.map((start) => secret.charAt(start)).join('')
  const length = Math.min(PLAIN_RUN, text.length)
  return runsOf(text, length).filter((_, at) => !/^[a-z]+$/.test(asWritten.slice(at, at + length)))
}

function addRuns(runs: Map<number, Set<string>>, texts: readonly string[], wanted: number) {
  for (const text of texts.filter((each) => each !== '')) {
    const length = Math.min(wanted, text.length)
    const known = runs.get(length) ?? new Set<string>()
    for (const run of runsOf(text, length)) known.add(run)
    runs.set(length, known)
  }
}

function runsOf(text: string, length: number): string[] {
  return Array.from({ length: Math.max(0, text.length - length + 1) }, (_, at) => text.slice(at, at + length))
}
