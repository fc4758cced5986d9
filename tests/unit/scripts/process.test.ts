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
  console.log('up ' + process.pid)
  setInterval(() => {}, 1000)`

/** A command of npm's that has `program` run, by an expression, started as npm does it. */
async function startCommand(runs: string) {
  const directory = await temporaryDirectory()
  await writeFile(path.join(directory, 'program.mjs'), program)
  const command = `
    import { run, runInstead, runMain } from ${JSON.stringify(library)}
    console.log(process.pid)
    await runMain(() => ${runs})`
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
  await until('the program', () => /up \d+\n/.test(said))
  return { child, said: () => said }
}

const besideIt = `run(process.execPath, ['program.mjs']).then(({ code }) => code)`
const inItsPlace = `runInstead([process.execPath, 'program.mjs'], { cwd: process.cwd(), env: process.env })`

it.each([
  ['beside its command', besideIt],
  ['in the place of its command', inItsPlace],
])('a program that runs %s is stopped when the shell dies in which npm has started that', async (_, runs) => {
  const { child, said } = await startCommand(runs)
  child.kill('SIGTERM')
  await once(child, 'close')
  expect(said()).toMatch(/^\d+\nup \d+\nstopping\n$/)
})

it.skipIf(process.platform === 'win32')('a program takes the place of its command', async () => {
  const { child, said } = await startCommand(inItsPlace)
  const [, command, program] = /^(\d+)\nup (\d+)\n$/.exec(said()) ?? []
  expect(program).toBe(command)
  child.kill('SIGTERM')
  await once(child, 'close')
})
