import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import nextEnv from '@next/env'
import next from 'next'
import { type Config, readConfig } from '#lib/config/index.ts'
import { findService, type Service } from '#lib/http/service.ts'
import { createFront, type Front } from '#lib/server/front.ts'
import { failToStart, keepOutputForLog, say, stopOnSignal } from '#lib/server/process.ts'
import { shutdownLimits } from '#lib/server/shutdown.ts'

const HOOK_FAILED = 'An error occurred while loading instrumentation hook: '
const dir = path.resolve(import.meta.dirname, '..')

/** Next.js would hook into the upgrades of our own server and leave them unanswered. */
const neverUpgraded = createServer()

keepOutputForLog()

async function main() {
  process.chdir(dir)
  nextEnv.loadEnvConfig(dir, false)
  const config = readConfig(process.env)
  process.env.__NEXT_PRIVATE_STANDALONE_CONFIG = await builtConfig()
  const app = next({ dev: false, dir, port: config.port, httpServer: neverUpgraded })
  const service = await prepare(app)
  const limits = shutdownLimits(config)
  const nextHandler = app.getRequestHandler()
  const front = createFront({ nextHandler, service, graceMs: limits.requestsMs })
  const stop = async () => {
    try {
      await front.stop()
    } finally {
      await app.close()
      await service.close()
    }
  }
  stopOnSignal(stop, { limitMs: limits.processMs })
  const port = await listen(front, config.port).catch(async (error) => {
    await service.close()
    throw error
  })
  greet(config, `http://localhost:${port}`)
}

/**
 * The configuration that Next.js was built with, as the server that it makes for itself passes it on: where this one
 * runs there may be no `next.config.mjs`.
 */
async function builtConfig(): Promise<string> {
  const file = path.join(dir, '.next/required-server-files.json')
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'ENOENT' ? new Error('it was not built: npm run build', { cause }) : cause
  })
  return JSON.stringify(JSON.parse(text).config)
}

/**
 * Starts Next.js and waits for the services that `instrumentation.ts` builds.
 *
 * Next.js itself does not wait for instrumentation, and only prints what that throws, stack and all.
 */
async function prepare(app: ReturnType<typeof next>): Promise<Service> {
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
    const service = findService()
    if (service) {
      Object.assign(console, { error: print, log })
      return service
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

main().catch((error) => failToStart(error))
