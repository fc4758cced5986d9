import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fastDirectory } from '../temporary-directory.ts'
import { until } from '../until.ts'
import { freePort } from './free-port.ts'
import { isListening } from './nginx.ts'

/** A real Sentinel, on this machine only, that watches the Redis at `primaryPort` under the name `name`. */
export async function startSentinel({ name, primaryPort }: { name: string; primaryPort: number }) {
  const port = await freePort()
  const directory = await mkdtemp(path.join(fastDirectory(), 'voicepin-sentinel-'))
  const file = path.join(directory, 'sentinel.conf')
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${directory}`,
    `sentinel monitor ${name} 127.0.0.1 ${primaryPort} 1`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 2000`,
  ]
  await writeFile(file, lines.join('\n'))
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  await until('the Sentinel to listen', () => isListening(port))
  return {
    port,
    async stop() {
      process.off('exit', kill)
      child.kill('SIGTERM')
      await once(child, 'exit')
      await rm(directory, { recursive: true, force: true })
    },
  }
}
