import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'

/** Runs `script` with `output` in scope: a log output on standard output with room for 100,000 bytes. */
function runScript(script: string) {
  const source = `
    import { createLogOutput } from '#lib/telemetry/log-output.ts'
    void process.stdout
    const resumed = []
    const output = createLogOutput({ fd: 1, maxWaitingBytes: 100_000, onResumed: (lines) => resumed.push(lines) })
    const line = (number) => JSON.stringify({ number, filler: 'x'.repeat(900) }) + '\\n'
    ${script}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['pipe', 'pipe', 'inherit', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

const numbersIn = (written: string) =>
  written
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).number)

describe('the output of the log', () => {
  it('waits for no reader, drops what has no room, and tells how much once there is room again', async () => {
    const child = runScript(`
      for (let number = 0; number < 2000; number += 1) output.write(line(number))
      process.send({ dropped: output.droppedLines })
      const report = () => (resumed.length > 0 ? process.send({ resumed }, () => process.exit()) : setTimeout(report, 5))
      report()`)
    const [{ dropped }] = await once(child, 'message')
    expect(dropped).toBeGreaterThan(500)
    const reading = text(child.stdout as NonNullable<typeof child.stdout>)
    expect(await once(child, 'message')).toEqual([{ resumed: [dropped] }, undefined])
    const numbers = numbersIn(await reading)
    expect(numbers).toEqual(Array.from({ length: 2000 - dropped }, (_, number) => number))
  })

  it('writes what waits at the end of the process, in order and whole', async () => {
    const child = runScript(`
      for (let number = 0; number < 300; number += 1) output.write(line(number))
      process.on('exit', () => output.flush(10_000))
      process.send({ dropped: output.droppedLines }, () => process.exit(1))`)
    const [{ dropped }] = await once(child, 'message')
    expect(numbersIn(await text(child.stdout as NonNullable<typeof child.stdout>))).toHaveLength(
      300 - dropped,
    )
  })

  it('ends the process although nobody reads', async () => {
    const child = runScript(`
      for (let number = 0; number < 2000; number += 1) output.write(line(number))
      process.on('exit', () => output.flush(100))
      process.exit(0)`)
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})
