import { afterResponse, afterScript, afterWork } from '#lib/background/after-response.ts'
import { drainBacklog } from '#lib/background/drain-backlog.ts'
import { dueWork } from '#lib/background/enqueue-due-work.ts'
import { retryOpportunistically } from '#lib/background/opportunistic.ts'
import { startBackground } from '#lib/background/scheduler.ts'
import { remindOfBackup } from '#lib/backup/remind.ts'
import { CatalogError } from '#lib/catalog/connection.ts'
import { freeDiskSpace } from '#lib/clips/byte-budget.ts'
import { healStore, recover } from '#lib/clips/recover.ts'
import { requireFileHandles } from '#lib/clips/require-file-handles.ts'
import { proveStorage } from '#lib/clips/storage-proof.ts'
import type { Services } from '#lib/context.ts'
import { openStreamInput } from '#lib/http/drop-in/elevenlabs/stream-input/serve.ts'
import type { Service } from '#lib/http/service.ts'
import type { VocalizedClip } from '#lib/model/clip.ts'
import { ServiceError } from '#lib/model/errors.ts'
import { NOT_NEEDED } from '#lib/platform/clock.ts'
import { describeError } from '#lib/platform/errors.ts'
import { shutdownLimits } from './shutdown.ts'

/** The first callers, and whoever asks whether it is ready, come before a look at the whole store. */
const HEAL_AFTER_MS = 1000

/** Starts recovery, and the background work unless other processes do it. */
export function startService(services: Services): Service {
  const { catalog, chain, clock, config, log, speech, tasks, leaseOwner, workQueue } = services
  const startedAt = clock.now()
  const stopping = new AbortController()
  let recovery: Promise<void> | undefined
  for (const warning of services.warnings) log.warn(warning)

  /** Resolves once recovery has succeeded; after a failure the next call starts it again. */
  function recovered(): Promise<void> {
    recovery ??= recover(services)
      .then((found) => {
        log.info(found, 'Recovered')
        if (config.hasBackground) void inBackground(drainBacklog(services))
        workQueue.enqueue(dueWork, clock.now())
        workQueue.enqueue({ kind: 'scripts', id: 'all' }, clock.now())
        const healing = clock.sleep(HEAL_AFTER_MS, stopping.signal).then(() => inBackground(heal()))
        healing.catch(() => {})
      })
      .catch((error: unknown) => {
        recovery = undefined
        // Often the reason is a mistyped URL: one line helps more than the stack of the driver.
        const why = CatalogError.isInstance(error) ? { error: describeError(error) } : { err: error }
        log.error(why, 'Recovery failed; it is tried again')
        throw error
      })
    return recovery
  }
  async function heal() {
    const adopted = await healStore(services, { startedAt })
    if (adopted > 0) workQueue.enqueue(dueWork, clock.now())
  }
  const inBackground = (promise: Promise<void>) => tasks.track(promise).catch(() => {})

  recovered()
    .then(() => remindOfBackup(services))
    .catch(() => {})
  const stopBackground = config.hasBackground ? startBackground(services, { recovered }) : undefined

  function refuseWhileStopping() {
    if (stopping.signal.aborted)
      throw new ServiceError('shutting_down', 'The service is shutting down', { retryAfterMs: 5000 })
  }

  const afterVocalize = (clip: VocalizedClip) => inBackground(afterResponse(services, clip))
  const afterScripts = () => inBackground(afterScript(services))

  return {
    services,
    async openStreamInput(request) {
      refuseWhileStopping()
      const converse = await openStreamInput(services, request, { afterVocalize, afterScript: afterScripts })
      return (socket) => inBackground(converse(socket))
    },
    afterTempAudio: () => inBackground(retryOpportunistically(services)),
    afterVocalize,
    afterScript: afterScripts,
    afterWork: () => inBackground(afterWork(services)),
    refuseWhileStopping,

    async checkReady() {
      refuseWhileStopping()
      const writable = requireFileHandles(services)
        .then(() => proveStorage(services))
        .then(() => freeDiskSpace(services, 0))
      const checks = await Promise.allSettled([recovered(), writable])
      for (const [index, check] of checks.entries()) {
        if (check.status === 'fulfilled') continue
        const isCatalog = CatalogError.isInstance(check.reason)
        const name = index === 0 ? 'recovery' : isCatalog ? 'catalog' : 'temporary store'
        // What the database says names its server and its user.
        const why = isCatalog ? 'it cannot be read and written' : describeError(check.reason)
        const message = `The ${name} is not ready: ${why}`
        throw new ServiceError('not_ready', message, { cause: check.reason, retryAfterMs: 5000 })
      }
    },

    beginShutdown() {
      stopping.abort(NOT_NEEDED)
    },

    async drain() {
      if (stopBackground) void inBackground(stopBackground())
      await tasks.drain(shutdownLimits(config).workMs)
    },

    async close() {
      await Promise.all([
        catalog.queue.release(leaseOwner),
        catalog.idempotencyKeys.release(leaseOwner),
        catalog.scripts.release(leaseOwner),
      ]).catch((error: unknown) => log.error({ err: error }, 'Leases not released'))
      await services.tracing?.close().catch((error: unknown) => log.error({ err: error }, 'Traces not sent'))
      await speech.close()
      await workQueue.close()
      await services.redis?.close()
      await services.s3?.bucket.close()
      await catalog.close()
      log.info({ breakers: chain.breakers(), at: clock.now() }, 'Stopped')
    },
  }
}
