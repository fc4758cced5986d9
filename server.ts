import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import nextEnv from '@next/env'
import next from 'next'
import { type Config, readConfig } from './lib/config.ts'
import { describeError } from './lib/errors.ts'
import { createFront, type Front, type FrontServices, GRACE_MS } from './lib/http/front.ts'
import { ConfigError } from './lib/variables.ts'

/** A Ctrl-C arrives several times: from the terminal itself, and passed on by npm and by the start script. */
const SAME_SIGNAL_MS = 500
const HOOK_FAILED = 'An error occurred while loading instrumentation hook: '
const dir = import.meta.dirname

/** Next.js would hook into the upgrades of our own server and leave them unanswered. */
const neverUpgraded = createServer()

// Standard output carries the log's JSON lines and nothing else.
const say = (line: string) => process.stderr.write(`${line}\n`)
console.log = console.info = console.debug = console.error

async function main() {
  process.chdir(dir)
  nextEnv.loadEnvConfig(dir, false)
  const config = readConfig(process.env)
  const app = next({ dev: false, dir, port: config.port, httpServer: neverUpgraded })
  const services = await prepare(app)
  const front = createFront({ nextHandler: app.getRequestHandler(), services })
  stopOnSignal(async () => {
    try {
      await front.stop()
    } finally {
      await app.close()
      await services.close()
    }
  })
  const port = await listen(front, config.port).catch(async (error) => {
    await services.close()
    throw error
  })
  greet(config, `http://localhost:${port}`)
}

/**
 * Starts Next.js and waits for the services that `instrumentation.ts` builds.
 *
 * Next.js itself does not wait for instrumentation, and only prints what that throws, stack and all.
 */
async function prepare(app: ReturnType<typeof next>): Promise<FrontServices> {
  const { error: print, log } = console
  console.log = () => {}
  let failure: string | undefined
  console.error = (...parts) => {
    const message = parts.find((part) => part instanceof Error)?.message
    if (message?.startsWith(HOOK_FAILED)) failure = message.slice(HOOK_FAILED.length)
    else print(...parts)
  }
  await app.prepare()
  while (failure === undefined) {
    const services = Reflect.get(globalThis, Symbol.for('voicepin.services'))
    if (services) {
      Object.assign(console, { error: print, log })
      return services
    }
    await sleep(20)
  }
  throw new Error(failure)
}

async function listen(front: Front, port: number): Promise<number> {
  front.server.listen(port)
  await once(front.server, 'listening')
  return (front.server.address() as AddressInfo).port
}

function greet(config: Config, origin: string) {
  const voiceId = config.speech.provider === 'local' ? 'slt' : '21m00Tcm4TlvDq8ikWAM'
  const key = config.access.vocalizeApiKeys.length > 0 ? " -H 'Authorization: Bearer <one of your keys>'" : ''
  say(`Voicepin listens on ${origin}`)
  say(
    `Try it: curl -s ${origin}/api/agents/vocalize${key} -d '{"text":"Hello from Voicepin","voiceId":"${voiceId}"}'`,
  )
}

/** Stops once at the first signal; a second one ends the process at once, as does a stop that hangs. */
function stopOnSignal(stop: () => Promise<void>) {
  let stoppingSince: number | undefined
  const onSignal = () => {
    if (stoppingSince === undefined) {
      stoppingSince = Date.now()
      say('Stopping: running work may finish first')
      setTimeout(() => process.exit(1), GRACE_MS + 5000).unref()
      stop().then(
        () => process.exit(0),
        (error) => fail(`Voicepin did not stop cleanly: ${describeError(error)}`),
      )
    } else if (Date.now() - stoppingSince > SAME_SIGNAL_MS) process.exit(1)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
}

function fail(line: string): never {
  say(line)
  process.exit(1)
}

function explain(error: unknown): string {
  const { code, port } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRINUSE') return `Port ${port} is in use; set PORT to another one`
  if (code === 'EACCES' && port) return `Port ${port} may not be used by this user; set PORT to another one`
  if (error instanceof ConfigError) return `Voicepin is configured wrongly: ${error.message}`
  return `Voicepin could not start: ${describeError(error)}`
}

main().catch((error) => fail(explain(error)))
