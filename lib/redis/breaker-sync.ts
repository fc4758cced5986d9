import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { BreakerSnapshot } from '#lib/platform/breaker.ts'
import { HOUR_MS } from '#lib/platform/units.ts'
import type { Redis, RedisConnections } from './connections.ts'

/** Is called with the state of a provider's breaker at another instance. */
export type BreakerListener = (provider: string, snapshot: BreakerSnapshot) => void

/**
 * Shares the states of breakers between instances. Never throws and makes nobody wait: an instance that misses a change
 * finds out for itself.
 */
export interface BreakerSync {
  /** Sends the state of this instance's breaker to all others. */
  publish(provider: string, snapshot: BreakerSnapshot): void
  /** Receives the last known states of `providers`, then each change at another instance. To be called once. */
  subscribe(providers: readonly string[], listener: BreakerListener): void
}

/** How long Redis keeps a state after the end of its cool-down. */
const KEPT_MS = HOUR_MS

const durationMs = z.number().min(0).nullable()
const changeSchema = z.object({
  from: z.string(),
  provider: z.string(),
  snapshot: z.object({
    failuresInARow: z.int().min(0),
    coolDowns: z.int().min(0),
    coolDownMs: durationMs,
    probeMs: durationMs,
    // Instances of the previous version do not send it.
    suspicionMs: durationMs.default(null),
  }),
})

/**
 * Shares the states over Redis: by a message on a channel, which arrives at once, so that two instances hardly ever
 * probe a provider at the same time; and by a key for each provider, which expires, for instances that start later. An
 * instance that had lost Redis first publishes what it could not publish, then reads the keys.
 */
export function createBreakerSync(options: {
  redis: RedisConnections
  now: () => number
  /** Of what the breakers are, where not of IPFS providers: names of two kinds may be equal. */
  kind?: 'speech'
}): BreakerSync {
  const { redis, now, kind } = options
  const self = randomUUID()
  const channel = redis.channel(kind ? `${kind}-breakers` : 'breakers')
  const keyOf = (provider: string) => `${redis.prefix}${kind ? `${kind}-` : ''}breaker:${provider}`
  /** Own changes that Redis has not taken yet, and when they were made. */
  const unpublished = new Map<string, { snapshot: BreakerSnapshot; at: number }>()
  /** How many own messages the channel has not brought back yet: messages of others that come before them are older. */
  const unseen = new Map<string, number>()
  /** Providers whose state has come by the channel since the keys were read: the keys may be older. */
  const received = new Set<string>()

  async function publish(provider: string) {
    const change = unpublished.get(provider)
    if (!change) return
    const snapshot = aged(change.snapshot, now() - change.at)
    const message = JSON.stringify({ from: self, provider, snapshot })
    count(unseen, provider, 1)
    try {
      const client = await redis.shared()
      await client
        .multi()
        .set(keyOf(provider), message, 'PX', lifeMs(snapshot))
        .publish(channel, message)
        .exec()
      if (unpublished.get(provider) === change) unpublished.delete(provider)
    } catch {
      count(unseen, provider, -1)
    }
  }

  function receive(text: string, listener: BreakerListener) {
    const change = parse(text)
    if (!change) return
    const { from, provider, snapshot } = change
    if (from === self) return count(unseen, provider, -1)
    if (unseen.has(provider)) return
    unpublished.delete(provider)
    received.add(provider)
    listener(provider, snapshot)
  }

  async function catchUp(client: Redis, providers: readonly string[], listener: BreakerListener) {
    received.clear()
    await Promise.all([...unpublished.keys()].map(publish))
    for (const provider of providers) {
      const [text, leftMs] = await Promise.all([client.get(keyOf(provider)), client.pttl(keyOf(provider))])
      const change = text === null ? undefined : parse(text)
      if (!change || change.from === self || leftMs < 0) continue
      if (received.has(provider) || unpublished.has(provider) || unseen.has(provider)) continue
      listener(provider, aged(change.snapshot, lifeMs(change.snapshot) - leftMs))
    }
  }

  async function connect(providers: readonly string[], listener: BreakerListener) {
    const [commands, subscription] = await Promise.all([redis.shared(), redis.open('subscription')])
    let isSubscribed = false
    const tryToCatchUp = () => {
      if (isSubscribed && commands.status === 'ready') {
        catchUp(commands, providers, listener).catch(() => {})
      }
    }
    const subscribe = async () => {
      await subscription.subscribe(channel)
      isSubscribed = true
      // Own messages that were published before are not brought back any more.
      unseen.clear()
      tryToCatchUp()
    }
    subscription.on('message', (_, text) => receive(text, listener))
    subscription.on('ready', () => void subscribe().catch(() => {}))
    subscription.on('close', () => {
      isSubscribed = false
    })
    commands.on('ready', tryToCatchUp)
    if (subscription.status === 'ready') await subscribe()
  }

  return {
    publish(provider, snapshot) {
      unpublished.set(provider, { snapshot, at: now() })
      void publish(provider)
    },
    subscribe(providers, listener) {
      // What fails is tried again at the next `ready`.
      connect(providers, listener).catch(() => {})
    },
  }
}

/** How long the key of a snapshot lives when it is written, in milliseconds. */
const lifeMs = ({ coolDownMs }: BreakerSnapshot) => Math.ceil(coolDownMs ?? 0) + KEPT_MS

/** What a snapshot says `ms` milliseconds later. */
function aged(snapshot: BreakerSnapshot, ms: number): BreakerSnapshot {
  const left = (durationMs: number | null) =>
    durationMs === null ? null : Math.max(0, durationMs - Math.max(0, ms))
  const { coolDownMs, probeMs, suspicionMs } = snapshot
  return {
    ...snapshot,
    coolDownMs: left(coolDownMs),
    probeMs: left(probeMs),
    suspicionMs: left(suspicionMs),
  }
}

function count(counts: Map<string, number>, name: string, by: number) {
  const next = (counts.get(name) ?? 0) + by
  if (next > 0) counts.set(name, next)
  else counts.delete(name)
}

/** `undefined` for what another version of this service publishes and this one does not understand. */
function parse(text: string): z.infer<typeof changeSchema> | undefined {
  try {
    return changeSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
