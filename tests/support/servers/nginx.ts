import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findServer } from '../../../scripts/find-program.mjs'
import { until } from '../until.ts'
import { type OnUnasked, tellOfUnaskedEnd } from './unasked-end.ts'

const configuration = path.resolve(import.meta.dirname, '../../../deploy/nginx.conf')

/** A real nginx, on this machine only, with the project's own configuration. */
export interface NginxServer {
  readonly port: number
  stop(): Promise<void>
}

interface Place {
  port: number
  /** `host:port` each; they take turns. */
  upstreams: string[]
  /** Addresses of a proxy in front, which is believed, and not limited. */
  outerProxy?: string
  onUnasked?: OnUnasked
}

/** Starts nginx. @throws Error when there is none, or when it does not start, with what it said */
export async function startNginx(place: Place): Promise<NginxServer> {
  const program = findServer('nginx')
  if (!program) throw new Error('There is no nginx: apt-get install nginx, or brew install nginx')
  if (await isListening(place.port)) throw new Error(`Port ${place.port} is in use`)
  const directory = await mkdtemp(path.join(tmpdir(), 'voicepin-nginx-'))
  const file = path.join(directory, 'nginx.conf')
  await writeFile(file, adapt(await readFile(configuration, 'utf8'), place, directory))
  // As root it would change to a user who may not enter the directory.
  const asUser = process.getuid?.() === 0 ? 'user root;' : ''
  const args = ['-p', directory, '-c', file, '-e', 'stderr', '-g', `daemon off; ${asUser}`]
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (text) => {
    said = `${said}${text}`.slice(-2000)
  })
  const kill = () => child.kill('SIGTERM')
  process.once('exit', kill)
  const exited = once(child, 'exit').finally(() => process.off('exit', kill))
  let asked = () => {}
  const stop = async () => {
    asked()
    kill()
    await exited
    await rm(directory, { recursive: true, force: true })
  }
  try {
    await until('an answer from nginx', async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
      return isListening(place.port)
    })
  } catch (cause) {
    await stop()
    throw new Error(`nginx did not start: ${said || cause}`, { cause })
  }
  asked = tellOfUnaskedEnd(child, place.onUnasked)
  return { port: place.port, stop }
}

/** The project's configuration for other addresses, another port and another folder than in the containers. */
function adapt(text: string, { port, upstreams, outerProxy }: Place, directory: string): string {
  const servers = upstreams.map((upstream) => `server ${upstream} $1;`).join('\n        ')
  const replacements: [RegExp, string][] = [
    [/server web-1:3000 ([^;]*);\n\s*server web-2:3000 [^;]*;/, servers],
    [/listen 8080;/, `listen 127.0.0.1:${port};`],
    [/ \/tmp\//g, ` ${directory}/`],
    [/# 10\.0\.0\.0\/8 1;/, outerProxy ? `${outerProxy} 1;` : ''],
  ]
  return replacements.reduce((adapted, [pattern, replacement]) => {
    if (adapted.search(pattern) < 0) throw new Error(`deploy/nginx.conf has no ${pattern}`)
    return adapted.replace(pattern, replacement)
  }, text)
}

/** Whether somebody listens; what the somebody says does not matter. */
export async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    return await once(socket, 'connect').then(
      () => true,
      () => false,
    )
  } finally {
    socket.destroy()
  }
}
