import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { findPackageJSON } from 'node:module'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import nextEnv from '@next/env'
import type next from 'next'
import { createServices } from '#lib/composition.ts'
import { type Config, readConfig } from '#lib/config/index.ts'
import type { Services } from '#lib/context.ts'
import { registerService } from '#lib/http/service.ts'
import { createFront, type Front } from '#lib/server/front.ts'
import { startService } from '#lib/server/lifecycle.ts'
import { failToStart, keepOutputForLog, say, stopOnSignal } from '#lib/server/process.ts'
import { createRoutes } from '#lib/server/routes.ts'
import { shutdownLimits } from '#lib/server/shutdown.ts'
import { watchLoop } from '#lib/server/watch-loop.ts'

// From its source or as `dist/bin/server.js`, beside which the routes are built, too.
const dir = path.dirname(findPackageJSON(import.meta.url) as string)
const routeFiles = {
  app: path.resolve(import.meta.dirname, '../app'),
  extension: path.extname(import.meta.filename),
}

/** In place of our own server, whose upgrade requests Next.js would take and leave unanswered. */
const unusedServer = createServer()

keepOutputForLog()

async function main() {
  process.chdir(dir)
  nextEnv.loadEnvConfig(dir, false)
  const config = readConfig(process.env)
  const pages = await openPages(config)
  const service = startService(createServices(config))
  registerService(service)
  const limits = shutdownLimits(config)
  const { trustedProxies } = config.access
  const routes = createRoutes(dir, routeFiles)
  const front = createFront({
    routes,
    nextHandler: pages.handle,
    service,
    trustedProxies,
    graceMs: limits.requestsMs,
    maxMessageBytes: config.access.maxBodyBytes,
    warn: (message) => service.services.log.warn(message),
  })
  const stop = async () => {
    try {
      await front.stop()
    } finally {
      await pages.close()
      await service.close()
    }
  }
  stopOnSignal(stop, { limitMs: limits.processMs })
  // Whoever listens to a clip needs a connection and a file.
  const maxConnections = Math.floor((await service.services.fileHandles.free()) / 2)
  if (Number.isFinite(maxConnections)) front.server.maxConnections = maxConnections
  const port = await listen(front, config).catch(async (error) => {
    await service.close()
    throw error
  })
  greet(service.services, port)
  void watchLoop(service)
  await routes.load()
}

/** The pages, by Next.js, which is started for the first of them: whoever only has programs call needs none of it. */
async function openPages({ port }: Config) {
  process.env.__NEXT_PRIVATE_STANDALONE_CONFIG = await builtConfig()
  let started: Promise<ReturnType<typeof next>> | undefined
  async function start() {
    const { default: next } = await import('next')
    const app = next({ dev: false, dir, port, httpServer: unusedServer })
    const { log } = console
    // Next.js reports the steps of its own start.
    console.log = () => {}
    await app.prepare().finally(() => {
      console.log = log
    })
    return app
  }
  return {
    async handle(request: IncomingMessage, response: ServerResponse) {
      started ??= start().catch((error: unknown) => {
        started = undefined
        throw error
      })
      const app = await started
      return app.getRequestHandler()(request, response)
    },
    close: async () => (await started)?.close(),
  }
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
  const { config } = JSON.parse(text)
  // Before the first page Next.js would load all others, and the routes for programs, which the front answers.
  return JSON.stringify({ ...config, experimental: { ...config.experimental, preloadEntriesOnStart: false } })
}

async function listen(front: Front, { host, port }: Pick<Config, 'host' | 'port'>): Promise<number> {
  front.server.listen({ port, host })
  await once(front.server, 'listening')
  return (front.server.address() as AddressInfo).port
}

function greet({ config, speech }: Services, port: number) {
  const { host = 'localhost', access } = config
  const origin = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  const everywhere = ' and on every other address of this machine (HOST=127.0.0.1 keeps others out)'
  say(`Voicepin listens on ${origin}${config.host === undefined ? everywhere : ''}`)
  const voiceId = speech.vendor.exampleVoiceId
  const key = access.vocalizeApiKeys.length > 0 ? " -H 'Authorization: Bearer <one of your keys>'" : ''
  say(
    `Try it: curl -s ${origin}/api/agents/vocalize${key} -d '{"text":"Hello from Voicepin","voiceId":"${voiceId}"}'`,
  )
}

main().catch((error) => failToStart(error))
