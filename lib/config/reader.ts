import { readFileSync } from 'node:fs'
import { isCommon } from '#lib/platform/redact.ts'
import { type Misspelt, misspeltAmong } from './misspelt.ts'
import type { Variable } from './variables.ts'

export type Environment = Record<string, string | undefined>

/** Reads variables one by one, and remembers what is wrong with them and what must stay secret. */
export interface Reader {
  /**
   * The value of the variable `name`; `fallback` where it is missing, empty or malformed. A secret may also stand in the file
   * that the variable `<name>_FILE` names.
   */
  read: Read
  /** Whether the variable `name` has a value, if only a malformed one. */
  isSet(name: string): boolean
  /** The variables read so far that the environment has, empty ones too. */
  readonly present: string[]
  /** What is wrong, one sentence a variable that begins with its name. Readers add what only they can see. */
  readonly problems: string[]
  /** Every secret that was read, for the scrubber that keeps them out of logs and answers. */
  readonly secrets: string[]
  /** The variables whose secret cannot be kept out, since it looks like any other text. */
  readonly commonSecrets: string[]
  /** The variables that nothing has read, and whose names look like those of others. */
  misspelt(): Misspelt[]
}

interface Read {
  <T>(name: string, variable: Variable<T>, fallback: T): T
  <T>(name: string, variable: Variable<T>): T | undefined
}

export function createReader(environment: Environment): Reader {
  const present: string[] = []
  const problems: string[] = []
  const secrets: string[] = []
  const commonSecrets: string[] = []
  const known: string[] = []

  function read<T>(name: string, variable: Variable<T>, fallback: T): T
  function read<T>(name: string, variable: Variable<T>): T | undefined
  function read<T>(name: string, variable: Variable<T>, fallback?: T): T | undefined {
    known.push(name)
    const value = variable.secretsIn ? secretOf(name) : environment[name]?.trim()
    if (value !== undefined) present.push(name)
    if (!value) return fallback
    const result = variable.schema.safeParse(value)
    if (result.success) {
      const found = variable.secretsIn?.(result.data) ?? []
      secrets.push(...found)
      if (found.some(isCommon)) commonSecrets.push(name)
      return result.data
    }
    problems.push(
      variable.secretsIn
        ? `${name}: got a value that is not ${variable.takes}`
        : // In quotes as JSON has them, which keep it to one line.
          `${name}: got ${JSON.stringify(value)}, takes ${variable.takes}`,
    )
    return fallback
  }

  /** The value of `name`, or what stands in the file of `<name>_FILE`, as containers and orchestrators hand secrets over. */
  function secretOf(name: string): string | undefined {
    known.push(`${name}_FILE`)
    const value = environment[name]?.trim()
    const file = environment[`${name}_FILE`]?.trim()
    if (!file) return value
    const problem = (what: string) => void problems.push(`${name}_FILE: got ${JSON.stringify(file)}, ${what}`)
    if (value) problem(`and ${name} is set as well: takes nothing then`)
    const inFile = readText(file)
    if (!inFile) problem('takes a file that can be read and is not empty')
    return inFile ?? ''
  }

  const isSet = (name: string) => Boolean(environment[name]?.trim() || environment[`${name}_FILE`]?.trim())
  const misspelt = () => misspeltAmong(environment, known)
  return { read, present, problems, secrets, commonSecrets, misspelt, isSet }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(/* turbopackIgnore: true */ file, 'utf8').trim()
  } catch {
    return undefined
  }
}
