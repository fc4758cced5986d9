import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseEnv } from 'node:util'
import { expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'

const file = readFileSync(path.join(import.meta.dirname, '../../../.env.example'), 'utf8')
const example = parseEnv(file)
/** Those included that are commented out, since being there at all means something. */
const listed = parseEnv(file.replaceAll(/^# (?=[A-Z0-9_]+=)/gm, ''))

function variablesRead(): string[] {
  const names = new Set<string>()
  readConfig(
    new Proxy<Record<string, string>>(
      {},
      {
        get: (_, name) => {
          names.add(String(name))
          return undefined
        },
      },
    ),
  )
  // Of a secret also the file that holds it is asked for.
  const isFileOf = (name: string) => name.endsWith('_FILE') && names.has(name.slice(0, -'_FILE'.length))
  return [...names].filter((name) => !isFileOf(name)).sort()
}

it('.env.example lists exactly the variables that the configuration reads', () => {
  expect(Object.keys(listed).sort()).toEqual(variablesRead())
})

it('.env.example, taken as it is, changes nothing', () => {
  expect(readConfig(example)).toEqual(readConfig({}))
})
