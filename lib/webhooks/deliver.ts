import { Webhook } from 'standardwebhooks'
import type { Deletion } from '#lib/catalog/deletions.ts'
import type { PendingWebhook } from '#lib/catalog/webhooks.ts'
import type { Config } from '#lib/config/index.ts'
import type { Services } from '#lib/context.ts'
import type { Clip } from '#lib/model/clip.ts'
import { openableUrl } from '#lib/model/permanent-url.ts'
import type { Script } from '#lib/model/script.ts'
import { withJitter } from '#lib/platform/backoff.ts'
import { describeError } from '#lib/platform/errors.ts'
import { HOUR_MS, MINUTE_MS } from '#lib/platform/units.ts'

type Receiver = NonNullable<Config['webhook']>

const MESSAGES_AT_ONCE = 10
const TIMEOUT_MS = 15_000
const LEASE_MS = TIMEOUT_MS + 15_000
const SECOND_MS = 1000
/** The waits after failed attempts, about three days in all. After the last the message is given up. */
const RETRY_DELAYS_MS = [
  SECOND_MS,
  5 * SECOND_MS,
  30 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
]

/**
 * Sends `WEBHOOK_URL` the messages that are due: each at least once, signed, under the same id at each attempt.
 * Messages are claimed by a lease, so that any number of processes may call this at once. Returns how many were delivered.
 *
 * @see https://www.standardwebhooks.com
 * @throws CatalogError when the catalog fails; what was claimed is tried again once its lease is over
 */
export async function deliverWebhooks(services: Services): Promise<number> {
  const { catalog, clock, config, leaseOwner, tasks } = services
  const { webhook } = config
  if (!webhook) return 0
  let delivered = 0
  while (!tasks.signal.aborted) {
    const now = clock.now()
    const lease = { owner: leaseOwner, expiresAt: now + LEASE_MS }
    const messages = await catalog.webhooks.claim({ limit: MESSAGES_AT_ONCE, now, lease })
    if (messages.length === 0) break
    const outcomes = await Promise.all(messages.map((message) => deliver(services, webhook, message)))
    delivered += outcomes.filter(Boolean).length
  }
  if (tasks.signal.aborted) await catalog.webhooks.release(leaseOwner)
  return delivered
}

async function deliver(services: Services, receiver: Receiver, message: PendingWebhook) {
  const { catalog, clock, log, scrub, tasks } = services
  const clip = await catalog.clips.find(message.clipId)
  const deletions = message.type === 'clip.deleted' ? await catalog.deletions.ofClip(message.clipId) : []
  const script = message.type === 'script.stored' ? await catalog.scripts.findByClip(message.clipId) : null
  if (!clip) {
    await catalog.webhooks.delete(message.id)
    return false
  }
  try {
    await post(receiver, message, payloadOf(services, message, clip, { script, deletions }), {
      now: clock.now(),
      signal: AbortSignal.any([tasks.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    await catalog.webhooks.delete(message.id)
    return true
  } catch (cause) {
    if (tasks.signal.aborted) return false
    const error = scrub(describeError(cause))
    const waitMs = RETRY_DELAYS_MS[message.attempts]
    const facts = { webhookId: message.id, type: message.type, clipId: clip.id, error }
    if (waitMs === undefined) {
      log.error(facts, 'A webhook was given up')
      await catalog.webhooks.delete(message.id)
      return false
    }
    log.warn(facts, 'A webhook did not get through')
    const nextAttemptAt = clock.now() + withJitter(waitMs, () => clock.random())
    await catalog.webhooks.postpone(message.id, { error, nextAttemptAt })
    return false
  }
}

async function post(
  { url, secret }: Receiver,
  { id }: PendingWebhook,
  body: string,
  { now, signal }: { now: number; signal: AbortSignal },
): Promise<void> {
  const sentAt = new Date(now)
  const response = await fetch(url, {
    method: 'POST',
    // Another server than the configured one must not get the message.
    redirect: 'manual',
    headers: {
      'Content-Type': 'application/json',
      'User-Agent': 'Voicepin',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, sentAt, body),
    },
    body,
    signal,
  })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`The receiver answered ${response.status}`)
}

/** The same at each attempt: a clip that is stored or expired no longer changes. */
function payloadOf(
  services: Services,
  { type, createdAt }: PendingWebhook,
  clip: Clip,
  { script, deletions }: { script: Script | null; deletions: Deletion[] },
): string {
  if (type === 'clip.deleted') return deletedPayload({ createdAt }, clip, deletions)
  const { id, cid, mimeType, durationMs, characters, requestId } = clip
  const measured = { bytes: clip.sizeBytes, durationMs, characters }
  const about = { id, cid, mimeType, ...measured, ...clip.speech, requestId }
  const ofScript = script && { scriptId: script.id, pieces: script.pieceCount }
  const times = { createdAt: iso(clip.createdAt), expiresAt: iso(clip.expiresAt) }
  return JSON.stringify({
    type,
    timestamp: iso(createdAt),
    data:
      type === 'clip.expired'
        ? { ...about, ...times, error: clip.lastError }
        : {
            ...ofScript,
            ...about,
            ...storedFacts(services, clip),
            ...times,
            storedAt: iso(clip.storedAt),
          },
  })
}

/** What has become of a clip that was deleted: of the rest nothing is known any more. */
function deletedPayload(
  { createdAt }: Pick<PendingWebhook, 'createdAt'>,
  { id, cid, requestId, deletedAt }: Clip,
  deletions: Deletion[],
): string {
  const providers = deletions.flatMap(({ targets }) =>
    targets.map(({ provider, cid, outcome, error }) => ({
      provider,
      cid,
      outcome,
      error: error ?? undefined,
    })),
  )
  const by = deletions[0]?.requestedBy
  const data = { id, cid: cid ?? undefined, requestId, by, deletedAt: iso(deletedAt), providers }
  return JSON.stringify({ type: 'clip.deleted', timestamp: iso(createdAt), data })
}

/** Nobody has asked by an address of ours here, so that only the configuration can say what that is. */
function storedFacts({ config, providers }: Services, clip: Clip) {
  const { provider, ipfsHash } = clip
  const gatewayUrl = providers.find(({ name }) => name === provider)?.gatewayUrl
  return { provider, ipfsHash, ...openableUrl(config, clip, gatewayUrl) }
}

const iso = (timeMs: number | null) => (timeMs === null ? undefined : new Date(timeMs).toISOString())
