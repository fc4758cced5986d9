import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { cleanUpServices, newDirectory } from '../support/service.ts'
import { ServiceOutput } from '../support/service-output.ts'
import { until } from '../support/until.ts'

const root = path.resolve(import.meta.dirname, '../..')

afterAll(cleanUpServices)

// Said outright, so that nothing from a developer's own .env file gets in.
const local = { SPEECH_PROVIDER: 'local', IPFS_PROVIDERS: 'kubo', KUBO_RPC_URL: '', VOCALIZE_API_KEYS: '' }

async function start(program: string, args: string[]) {
  const output = new ServiceOutput()
  const { PATH, HOME } = process.env
  const child = spawn(program, args, {
    cwd: root,
    env: { NODE_ENV: 'production', PATH, HOME, PORT: '0', TEMP_AUDIO_DIR: await newDirectory(), ...local },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  output.read(child)
  return { child, output, ended: once(child, 'close') }
}

it('npm start prints a curl line that works as it is, logs nothing but JSON, and passes SIGTERM on', async () => {
  const { child, output, ended } = await start(process.execPath, ['scripts/start.mjs'])
  const line = await until('a curl line', () => output.text.match(/^Try it: (curl .*)$/m)?.[1], {
    timeoutMs: 30_000,
  })
  const curl = spawn('sh', ['-c', line], { stdio: ['ignore', 'pipe', 'inherit'] })
  const answer = JSON.parse(Buffer.concat(await curl.stdout.toArray()).toString())
  expect(answer).toMatchObject({ success: true, data: { isTemporary: true, mimeType: 'audio/mpeg' } })

  child.kill('SIGTERM')
  const [exitCode] = await ended
  expect(exitCode).toBe(0)
  output.assertJson()
})
