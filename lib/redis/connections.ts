import type { Redis, RedisOptions } from 'ioredis'
import { withJitter } from '#lib/platform/backoff.ts'
import type { Clock } from '#lib/platform/clock.ts'
import type { Log } from '#lib/telemetry/log.ts'

export type { Redis }

/**
 * - `commands`: each is answered or fails within half a second, at once while Redis is away
 * - `subscription`: the same, for a connection that listens to channels; it has to subscribe at each `ready`
 * - `blocking`: for BullMQ's workers, whose commands may wait at the server, and outlast an outage
 */
export type RedisUse = 'commands' | 'subscription' | 'blocking'

/** The connections of this process to the Redis that the instances share. */
export interface RedisConnections {
  /** What every key starts with. BullMQ wants it as its `prefix`, since it refuses connections that have one. */
  readonly prefix: string
  /** The name of a channel. Channels know no databases, so that the number of ours is part of it. */
  channel(name: string): string
  /** The connection that everybody shares for commands. Do not close it. */
  shared(): Promise<Redis>
  /**
   * A further connection, which is closed with all others. Resolves once it is ready or its first try has failed: it
   * goes on trying by itself, for ever. Nothing that happens to it throws where nobody asked.
   *
   * @throws Error after `close`
   */
  open(use: RedisUse): Promise<Redis>
  close(): Promise<void>
}

const PREFIX = 'voicepin:'
const COMMAND_TIMEOUT_MS = 500
const CONNECT_TIMEOUT_MS = 1000
const FIRST_RECONNECT_MS = 50
const LONGEST_RECONNECT_MS = 2000
const HEARTBEAT_MS = 1000
/** One may be late because this process itself was busy. */
const MISSED_HEARTBEATS = 2
/** More than a command of BullMQ waits at the server. */
const BLOCKING_PATIENCE_MS = 15_000

/**
 * Connects to the Redis at `url` (`redis://`, or `rediss://` for TLS, with user, password and database number).
 * Nothing is loaded or connected before it is asked for.
 *
 * An outage is logged once, and its end, whatever number of connections it concerns.
 */
export function createRedis(options: {
  url: string
  log: Log
  clock: Pick<Clock, 'random'>
  prefix?: string
  blockingPatienceMs?: number
}): RedisConnections {
  const { url, log, clock, prefix = PREFIX, blockingPatienceMs = BLOCKING_PATIENCE_MS } = options
  const database = new URL(url).pathname.slice(1) || '0'
  /** How each connection is ended. */
  const opened = new Map<Redis, () => Promise<void>>()
  const away = new Set<Redis>()
  let isClosed = false
  let shared: Promise<Redis> | undefined

  function left(client: Redis, error: Error) {
    if (isClosed || away.has(client)) return
    if (away.size === 0) log.warn({ error: error.message }, 'Redis is away: this instance works for itself')
    away.add(client)
  }

  function returned(client: Redis) {
    if (away.delete(client) && away.size === 0) log.info('Redis is back')
  }

  async function open(use: RedisUse): Promise<Redis> {
    const { Redis } = await import('ioredis')
    if (isClosed) throw new Error('The connections to Redis are closed')
    const client = new Redis(
      url,
      optionsFor(use, () => clock.random()),
    )
    client.on('error', (error) => left(client, error))
    client.on('ready', () => returned(client))
    const heart = use === 'blocking' ? keepMoving(client, blockingPatienceMs) : keepAlive(client)
    opened.set(client, async () => {
      clearInterval(heart)
      // What was sent is answered, where that is quick.
      if (use !== 'blocking' && client.status === 'ready') await client.quit().catch(() => {})
      client.disconnect()
    })
    await firstTry(client)
    return client
  }

  return {
    prefix,
    channel: (name) => `${prefix}${database}:${name}`,

    shared() {
      shared ??= open('commands')
      return shared
    },

    open,

    async close() {
      isClosed = true
      await Promise.all(opened.values().map((end) => end()))
    },
  }
}

function optionsFor(use: RedisUse, random: () => number): RedisOptions {
  const common: RedisOptions = {
    connectTimeout: CONNECT_TIMEOUT_MS,
    // A peer that is gone never answers the farewell.
    disconnectTimeout: COMMAND_TIMEOUT_MS,
    retryStrategy: (tries) =>
      withJitter(Math.min(FIRST_RECONNECT_MS * 2 ** (tries - 1), LONGEST_RECONNECT_MS), random),
    // After a failover the old primary still answers, and takes no writes.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  }
  if (use === 'blocking') return { ...common, maxRetriesPerRequest: null }
  return {
    ...common,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    autoResubscribe: false,
  }
}

/** Resolves when `client` is ready, or has failed for the first time. */
function firstTry(client: Redis): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  for (const event of ['ready', 'reconnecting', 'end']) client.once(event, () => resolve())
  return promise
}

/** Gives up a connection that has fallen silent, which a listener, who never writes, would not notice. */
function keepAlive(client: Redis): NodeJS.Timeout {
  let missed = 0
  const beat = setInterval(async () => {
    if (client.status !== 'ready') return
    try {
      await client.ping()
      missed = 0
    } catch {
      missed += 1
      if (missed < MISSED_HEARTBEATS || client.status !== 'ready') return
      missed = 0
      giveUp(client)
    }
  }, HEARTBEAT_MS)
  return beat.unref()
}

/** The same for a connection whose commands wait, and would wait for ever for a peer that has gone without a farewell. */
function keepMoving(client: Redis, patienceMs: number): NodeJS.Timeout {
  let askedAt: number | undefined
  const beat = setInterval(() => {
    if (client.status !== 'ready') askedAt = undefined
    else if (askedAt === undefined) {
      askedAt = performance.now()
      const answered = () => {
        askedAt = undefined
      }
      client.ping().then(answered, answered)
    } else if (performance.now() - askedAt > patienceMs) {
      askedAt = undefined
      giveUp(client)
    }
  }, HEARTBEAT_MS)
  return beat.unref()
}

/** Connects anew. */
function giveUp(client: Redis) {
  client.emit('error', new Error('Redis does not answer'))
  client.disconnect(true)
}
