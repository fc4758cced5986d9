import { findPackageJSON } from 'node:module'
import path from 'node:path'
import nextEnv from '@next/env'
import { createServices } from '#lib/composition.ts'
import { readConfig } from '#lib/config/index.ts'
import { HOUR_MS } from '#lib/platform/units.ts'
import { startHealthServer } from '#lib/server/health-server.ts'
import { startService } from '#lib/server/lifecycle.ts'
import { failToStart, keepOutputForLog, say, stopOnSignal } from '#lib/server/process.ts'
import { shutdownLimits } from '#lib/server/shutdown.ts'
import { watchLoop } from '#lib/server/watch-loop.ts'

// From its source or as `dist/bin/worker.js`.
const dir = path.dirname(findPackageJSON(import.meta.url) as string)

keepOutputForLog()

/** Does the background work, without a web server; see docs/scale.md. */
async function main() {
  process.chdir(dir)
  nextEnv.loadEnvConfig(dir, false)
  const shared = readConfig(process.env)
  const config = {
    ...shared,
    // Whatever BACKGROUND is for the web instances, which share the configuration.
    hasBackground: true,
    hasFollowUps: true,
    // A worker never speaks, so the warnings about that would mislead.
    speech: { ...shared.speech, isFallback: false },
    isSpendingOpen: false,
  }
  const service = startService(createServices(config))
  const { log } = service.services
  const health =
    config.workerPort === undefined ? undefined : await startHealthServer(service, config.workerPort)
  // Its other timers do not keep the process alive.
  setInterval(() => {}, HOUR_MS)
  stopOnSignal(
    async () => {
      service.beginShutdown()
      await service.drain()
      health?.server.close()
      await service.close()
    },
    { limitMs: shutdownLimits(config).processMs },
  )
  void watchLoop(service)
  const catalog = config.databaseUrl ? 'DATABASE_URL' : config.tempAudio.directory
  const store = config.s3 ? 'S3_BUCKET' : config.tempAudio.directory
  log.info(
    { catalog, store, queue: config.redisUrl ? 'REDIS_URL' : 'this process' },
    'The worker has started',
  )
  say(
    `Voicepin works in the background${health ? `; its health is at http://localhost:${health.port}/api/health` : ''}`,
  )
}

main().catch((error) => failToStart(error, 'WORKER_PORT'))
