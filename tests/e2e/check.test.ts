import { spawn } from 'node:child_process'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { environmentFor } from '../support/stub-vendors.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { useVendors } from '../support/world.ts'

const root = path.resolve(import.meta.dirname, '../..')
const world = useVendors()

/** Runs `npm start -- --check` without what npm does before. */
async function check(environment: Record<string, string>) {
  const child = spawn(process.execPath, ['bin/check.ts'], {
    cwd: root,
    env: {
      NODE_ENV: 'production' as const,
      PATH: process.env.PATH,
      TEMP_AUDIO_DIR: await temporaryDirectory(),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { output: output + errors, code: await ended }
}

describe('the check of a configuration', () => {
  it('finds all well where each key works, and has nothing spoken or stored', async () => {
    const { output, code } = await check({ ...environmentFor(world.vendors, ['elevenlabs', 'pinata']) })
    expect(output).toMatch(/^ok +voice elevenlabs +\d+ voices/m)
    expect(output).toMatch(/^ok +IPFS pinata +the credentials work/m)
    expect(code).toBe(0)
    const requests = await world.vendors.requests()
    expect(requests.filter(({ method }) => method === 'POST')).toEqual([])
  })

  it('says which key a vendor refuses, without showing it, and names a misspelt variable', async () => {
    const { output, code } = await check({
      ...environmentFor(world.vendors, ['elevenlabs', 'pinata']),
      ELEVENLABS_API_KEY: 'sk_of_somebody_else_4711',
      PINATA_JWT: 'eyJhbGciOiJIUzI1NiJ9.e30.of-somebody-else-4711',
      ADMIN_APIKEY: 'x',
    })
    expect(output).toMatch(/^FAILED +voice elevenlabs +.*(401|refuse|key)/im)
    expect(output).toMatch(/^FAILED +IPFS pinata +.*401/m)
    expect(output).toContain('ADMIN_APIKEY is set, and nothing reads it: perhaps ADMIN_API_KEY is meant.')
    expect(output).not.toContain('4711')
    expect(code).toBe(1)
  })

  it('says what is wrong with the configuration itself', async () => {
    const { output, code } = await check({ PORT: 'x' })
    expect(output).toContain('PORT: got "x", takes a whole number from 0 to 65535')
    expect(code).toBe(2)
  })
})
