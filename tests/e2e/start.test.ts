import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { independentCid } from '../support/content-id.ts'
import { cleanUpServices, newDirectory } from '../support/service.ts'
import { ServiceOutput } from '../support/service-output.ts'
import { until } from '../support/until.ts'

const root = path.resolve(import.meta.dirname, '../..')

afterAll(cleanUpServices)

/** Ends a detached child and everything that it has started. */
function killGroupOf({ pid }: ChildProcess) {
  try {
    if (pid) process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // It has ended already.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Runs `npm start` with no variable but those that say where it keeps things, and none from a developer's `.env`. */
async function start(directory: string, port = '0') {
  const output = new ServiceOutput()
  const { PATH, HOME } = process.env
  const places = {
    TEMP_AUDIO_DIR: path.join(directory, 'temp'),
    IPFS_REPOSITORY_DIR: path.join(directory, 'ipfs'),
  }
  const child = spawn(process.execPath, ['scripts/start.mjs'], {
    cwd: root,
    env: { NODE_ENV: 'production', PATH, HOME, PORT: port, ...places, __NEXT_PROCESSED_ENV: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // In a process group of its own, which ends as a whole: an `npm ci` that outlived the test would go on replacing
    // node_modules under all others.
    detached: true,
  })
  output.read(child)
  const killGroup = () => killGroupOf(child)
  process.once('exit', killGroup)
  onTestFinished(() => {
    process.off('exit', killGroup)
    killGroup()
  })
  const ended = once(child, 'close')
  const curl = await until('a curl line', () => output.text.match(/^Try it: (curl .*)$/m)?.[1], {
    timeoutMs: 30_000,
  })
  return {
    curl,
    async stop() {
      child.kill('SIGTERM')
      expect((await ended)[0]).toBe(0)
      output.assertJson()
    },
  }
}

it('npm start prints a curl line that works as it is: with no keys, the address is permanent and outlives a restart', async () => {
  const directory = await newDirectory()
  const first = await start(directory)
  const curl = spawn('sh', ['-c', first.curl], { stdio: ['ignore', 'pipe', 'inherit'] })
  const { success, data } = JSON.parse(Buffer.concat(await curl.stdout.toArray()).toString())
  expect(success).toBe(true)
  expect(data).toMatchObject({ isTemporary: false, provider: 'embedded', mimeType: 'audio/mpeg' })
  expect(await independentCid(await (await fetch(data.audioUrl)).bytes())).toBe(data.cid)
  await first.stop()

  const second = await start(directory, new URL(data.audioUrl).port)
  expect(await independentCid(await (await fetch(data.audioUrl)).bytes())).toBe(data.cid)
  await second.stop()
})
