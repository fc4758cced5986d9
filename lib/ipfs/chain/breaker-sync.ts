import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Redis, RedisConnections } from '#lib/redis/connections.ts'
import type { BreakerSnapshot } from './breaker.ts'

/** Hears of a provider's breaker at another instance. */
export type BreakerListener = (provider: string, snapshot: BreakerSnapshot) => void

/** Carries news of breakers between instances. Never throws, never makes anybody wait: what is lost is found out again. */
export interface BreakerSync {
  /** Tells all others. */
  publish(provider: string, snapshot: BreakerSnapshot): void
  /** Hears what others tell of `providers`, and first of all what they told before. To be called once. */
  subscribe(providers: readonly string[], listener: BreakerListener): void
}

/** How long is remembered what became of a provider after its rest. */
const MEMORY_MS = 3_600_000

const durationMs = z.number().min(0).nullable()
const newsSchema = z.object({
  from: z.string(),
  provider: z.string(),
  snapshot: z.object({
    failuresInARow: z.int().min(0),
    coolDowns: z.int().min(0),
    coolDownMs: durationMs,
    probeMs: durationMs,
  }),
})

/**
 * Gossip over Redis: a channel for those who listen, and a key for each provider, which runs out, for those who come
 * later. Instances that lost Redis read the keys when they have it back, and tell first what they could not tell.
 */
export function createBreakerSync(options: { redis: RedisConnections; now: () => number }): BreakerSync {
  const { redis, now } = options
  const self = randomUUID()
  const channel = redis.channel('breakers')
  const keyOf = (provider: string) => `${redis.prefix}breaker:${provider}`
  /** What has not been told yet, and when it was so. */
  const unpublished = new Map<string, { snapshot: BreakerSnapshot; at: number }>()
  /** Own news that the channel has not brought back: what it brings before them is older. */
  const unseen = new Map<string, number>()
  /** Of whom others have told since the keys were asked for: what the keys say may be older. */
  const heard = new Set<string>()

  async function publish(provider: string) {
    const news = unpublished.get(provider)
    if (!news) return
    const snapshot = aged(news.snapshot, now() - news.at)
    const message = JSON.stringify({ from: self, provider, snapshot })
    count(unseen, provider, 1)
    try {
      const client = await redis.shared()
      await client
        .multi()
        .set(keyOf(provider), message, 'PX', lifeMs(snapshot))
        .publish(channel, message)
        .exec()
      if (unpublished.get(provider) === news) unpublished.delete(provider)
    } catch {
      count(unseen, provider, -1)
    }
  }

  function receive(text: string, listener: BreakerListener) {
    const news = parse(text)
    if (!news) return
    const { from, provider, snapshot } = news
    if (from === self) return count(unseen, provider, -1)
    if (unseen.has(provider)) return
    unpublished.delete(provider)
    heard.add(provider)
    listener(provider, snapshot)
  }

  async function catchUp(client: Redis, providers: readonly string[], listener: BreakerListener) {
    heard.clear()
    await Promise.all([...unpublished.keys()].map(publish))
    for (const provider of providers) {
      const [text, leftMs] = await Promise.all([client.get(keyOf(provider)), client.pttl(keyOf(provider))])
      const news = text === null ? undefined : parse(text)
      if (!news || news.from === self || leftMs < 0) continue
      if (heard.has(provider) || unpublished.has(provider) || unseen.has(provider)) continue
      listener(provider, aged(news.snapshot, lifeMs(news.snapshot) - leftMs))
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
      // What was told before never comes back.
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

/** How long a snapshot is worth being kept. */
const lifeMs = ({ coolDownMs }: BreakerSnapshot) => Math.ceil(coolDownMs ?? 0) + MEMORY_MS

/** What a snapshot says `ms` milliseconds later. */
function aged(snapshot: BreakerSnapshot, ms: number): BreakerSnapshot {
  const left = (durationMs: number | null) =>
    durationMs === null ? null : Math.max(0, durationMs - Math.max(0, ms))
  return { ...snapshot, coolDownMs: left(snapshot.coolDownMs), probeMs: left(snapshot.probeMs) }
}

function count(counts: Map<string, number>, name: string, by: number) {
  const next = (counts.get(name) ?? 0) + by
  if (next > 0) counts.set(name, next)
  else counts.delete(name)
}

/** `undefined` for what another version of this service says and this one does not understand. */
function parse(text: string): z.infer<typeof newsSchema> | undefined {
  try {
    return newsSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
