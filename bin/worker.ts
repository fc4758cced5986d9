import path from 'node:path'
import nextEnv from '@next/env'
import { createServices } from '#lib/composition.ts'
import { readConfig } from '#lib/config/index.ts'
import { startHealthServer } from '#lib/server/health-server.ts'
import { startService } from '#lib/server/lifecycle.ts'
import { failToStart, keepOutputForLog, say, stopOnSignal } from '#lib/server/process.ts'
import { shutdownLimits } from '#lib/server/shutdown.ts'

const HOUR_MS = 3_600_000
const dir = path.resolve(import.meta.dirname, '..')

keepOutputForLog()

/** Does what is due, without web pages; see docs/scale.md. */
async function main() {
  process.chdir(dir)
  nextEnv.loadEnvConfig(dir, false)
  const shared = readConfig(process.env)
  const config = {
    ...shared,
    // Whatever BACKGROUND says to the web instances that share the configuration.
    hasBackground: true,
    hasFollowUps: true,
    // It never speaks, so that there is nothing to warn of.
    speech: { ...shared.speech, isFallback: false },
  }
  const service = startService(createServices(config))
  const { log } = service.services
  const health =
    config.workerPort === undefined ? undefined : await startHealthServer(service, config.workerPort)
  // Nothing else holds a process that waits for timers only.
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
  const catalog = config.databaseUrl ? 'DATABASE_URL' : config.tempAudio.directory
  const store = config.s3 ? 'S3_BUCKET' : config.tempAudio.directory
  log.info({ catalog, store, queue: config.redisUrl ? 'REDIS_URL' : 'this process' }, 'The worker has begun')
  say(
    `Voicepin works in the background${health ? `; http://localhost:${health.port}/api/health says so` : ''}`,
  )
}

main().catch((error) => failToStart(error, 'WORKER_PORT'))
