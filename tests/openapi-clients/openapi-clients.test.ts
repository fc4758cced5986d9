import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { openApiJson } from '../support/openapi-json.ts'

// Run with `npm run test:openapi-clients`, which installs the generators first.
const programs = path.join(import.meta.dirname, 'node_modules/.bin')

describe('the OpenAPI description', () => {
  let folder = ''
  const fileIn = (name: string) => path.join(folder, name)
  const run = async (program: string, ...args: string[]) =>
    (await promisify(execFile)(path.join(programs, program), args, { cwd: folder })).stdout
  const compile = (...files: string[]) =>
    run(
      'tsc',
      ...['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--lib', 'es2022,dom,dom.iterable'],
      ...['--module', 'esnext', '--moduleResolution', 'bundler', ...files],
    )

  before(async () => {
    // Inside this folder, so that the generated clients find what they import.
    folder = await mkdtemp(path.join(import.meta.dirname, 'node_modules/.generated-'))
    await writeFile(fileIn('openapi.json'), openApiJson())
    await writeFile(fileIn('.spectral.json'), '{ "extends": ["spectral:oas"] }')
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('passes Spectral’s recommended rules without a warning or a hint', async () => {
    const found = await run('spectral', 'lint', 'openapi.json', '--fail-severity=hint')
    assert.match(found, /No results with a severity of 'hint' or higher found/)
  })

  it('gives the main answer its type in a client of openapi-typescript', async () => {
    await run('openapi-typescript', 'openapi.json', '-o', 'types.ts')
    await writeFile(
      fileIn('use.ts'),
      `import type { paths } from './types.ts'
type Answer = paths['/api/agents/vocalize']['post']['responses'][200]['content']['application/json']
export const facts = ({ data }: Answer): [string, string, number] => [data.audioUrl, data.cid, data.bytes]
export const isStored = ({ data }: Answer): string => (data.isTemporary ? data.expiresAt : data.ipfsHash)
// @ts-expect-error There is no such field.
export const none = ({ data }: Answer) => data.nothing
`,
    )
    await compile('--allowImportingTsExtensions', 'use.ts')
  })

  it('gives the main answer its type in a client of @hey-api/openapi-ts', async () => {
    await run('openapi-ts', '-i', 'openapi.json', '-o', 'hey-api')
    await writeFile(
      fileIn('hey.ts'),
      `import { vocalize } from './hey-api'
export async function speak(): Promise<[string, number] | undefined> {
  const { data: answer } = await vocalize({ body: { text: 'Hello', voiceId: 'slt' } })
  return answer && [answer.data.cid, answer.data.durationMs]
}
// @ts-expect-error A text is required.
vocalize({ body: { voiceId: 'slt' } })
`,
    )
    await compile('hey.ts')
  })

  it('gives the main answer its type in a client of orval', async () => {
    await run('orval', '--input', './openapi.json', '--output', './orval/client.ts', '--client', 'fetch')
    assert.match(await readFile(fileIn('orval/client.ts'), 'utf8'), /export const vocalize = /)
    await writeFile(
      fileIn('orval.ts'),
      `import { vocalize, type VocalizeAnswer } from './orval/client'
export const facts = ({ data }: VocalizeAnswer): [string, number] => [data.audioUrl, data.bytes]
export const speak = () => vocalize({ text: 'Hello', voiceId: 'slt' })
// @ts-expect-error A text is required.
vocalize({ voiceId: 'slt' })
`,
    )
    await compile('orval.ts')
  })
})
