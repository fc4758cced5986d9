import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const file = path.resolve(import.meta.dirname, '../../../lib/platform/watchdog.ts')

/** Runs `code` in a process with a watchdog that is quick to bite. */
function watched(code: string) {
  const start = `import { startWatchdog } from ${JSON.stringify(file)}
    startWatchdog({ line: 'the loop is stuck', limitMs: 500, beatMs: 50 })
    await new Promise((resolve) => setTimeout(resolve, 300))`
  const args = ['--input-type=module', '--eval', `${start}\n${code}`]
  return promisify(execFile)(process.execPath, args, { timeout: 20_000 })
}

it('a process whose event loop is kept by microtasks ends itself, with one line', async () => {
  const stuck = watched(
    'const spin = () => Promise.resolve().then(spin); spin(); await new Promise(() => {})',
  )
  await expect(stuck).rejects.toMatchObject({ signal: 'SIGKILL', stdout: 'the loop is stuck\n' })
})

it('a process whose event loop turns is left alone, and may end by itself', async () => {
  expect(await watched('await new Promise((resolve) => setTimeout(resolve, 1000))')).toMatchObject({
    stdout: '',
  })
})
