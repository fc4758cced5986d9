import { isCommon } from '#lib/platform/redact.ts'
import type { Variable } from './variables.ts'

export type Environment = Record<string, string | undefined>

/** Reads variables one by one, and remembers what is wrong with them and what must stay secret. */
export interface Reader {
  /** The value of the variable `name`; `fallback` where it is missing, empty or malformed. */
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

  function read<T>(name: string, variable: Variable<T>, fallback: T): T
  function read<T>(name: string, variable: Variable<T>): T | undefined
  function read<T>(name: string, variable: Variable<T>, fallback?: T): T | undefined {
    const value = environment[name]?.trim()
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

  const isSet = (name: string) => Boolean(environment[name]?.trim())
  return { read, present, problems, secrets, commonSecrets, isSet }
}
