import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'

const library = path.resolve(import.meta.dirname, '../../../scripts/process.mjs')

/** Says when it runs, and when it was asked to stop. */
const program = `
  process.once('SIGTERM', () => { console.log('stopping'); process.exit() })
  console.log('up')
  setInterval(() => {}, 1000)`

/** A command of npm's that runs `program`, started as npm does it. */
async function startCommand() {
  const directory = await temporaryDirectory()
  await writeFile(path.join(directory, 'program.mjs'), program)
  const command = `
    import { run, runMain } from ${JSON.stringify(library)}
    await runMain(async () => (await run(process.execPath, ['program.mjs'])).code)`
  await writeFile(path.join(directory, 'command.mjs'), command)
  // The second command keeps a shell from putting the first in its own place.
  const child = spawn('sh', ['-c', `"${process.execPath}" command.mjs; exit $?`], {
    cwd: directory,
    env: { ...process.env, npm_lifecycle_event: 'start' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (text) => {
    said += text
  })
  await until('the program', () => said.includes('up'))
  return { child, said: () => said }
}

it('a program is stopped when the shell dies in which npm has started its command', async () => {
  const { child, said } = await startCommand()
  child.kill('SIGTERM')
  await once(child, 'close')
  expect(said()).toBe('up\nstopping\n')
})
