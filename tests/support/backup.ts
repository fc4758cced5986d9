import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { independentCid } from './content-id.ts'
import { placesIn, type Service } from './service.ts'

const root = path.resolve(import.meta.dirname, '../..')

/**
 * Runs `bin/backup.ts` or `bin/restore.ts` on the folders of the service in `directory`. Gives its exit code, or the signal
 * that ended it, and what it wrote. It is killed after `killAfterMs`.
 */
export async function runBackup(
  args: ['backup', '--to', string] | ['restore', '--from', string],
  { directory, killAfterMs }: { directory: string; killAfterMs?: number },
): Promise<{ end: number | string; output: string }> {
  const [program, ...rest] = args
  const child = spawn(process.execPath, [`bin/${program}.ts`, ...rest], {
    cwd: root,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...placesIn(directory) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = Promise.all([text(child.stdout), text(child.stderr)])
  const exited = once(child, 'exit')
  if (killAfterMs !== undefined) {
    await Promise.race([sleep(killAfterMs), exited])
    child.kill('SIGKILL')
  }
  const [code, signal] = await exited
  return { end: code ?? signal, output: (await said).join('') }
}

/** An answer that a caller got: an address, and the CID of what it leads to. */
export interface Answer {
  cid: string
  audioUrl: string
}

/** Which of `answers` do not lead to the bytes of their CID at `service`, wherever that listens now; one line each. */
export async function deadAddresses(service: Service, answers: Answer[]): Promise<string[]> {
  const dead: string[] = []
  for (const { cid, audioUrl } of answers) {
    const { pathname, search } = new URL(audioUrl)
    const response = await service.fetch(pathname + search)
    const bytes = new Uint8Array(await response.arrayBuffer())
    const found = response.ok ? await independentCid(bytes) : response.status
    if (found !== cid) dead.push(`${pathname}: ${found}`)
  }
  return dead
}
