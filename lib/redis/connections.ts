import type { Redis, RedisOptions } from 'ioredis'
import { readRedisAddress } from '#lib/config/redis-url.ts'
import { withJitter } from '#lib/platform/backoff.ts'
import type { Clock } from '#lib/platform/clock.ts'
import type { Log } from '#lib/telemetry/log.ts'
import { createGate } from './gate.ts'
import { hearAllErrors } from './hear-all-errors.ts'

export type { Redis }

/**
 * - `commands`: each is answered or fails within half a second, at once while Redis is away
 * - `subscription`: the same, for a connection that subscribes to channels; its user subscribes again at each `ready`
 * - `blocking`: for BullMQ's workers, whose commands may wait at the server, and are repeated after an outage
 */
export type RedisUse = 'commands' | 'subscription' | 'blocking'

/** The connections of this process to the Redis that the instances share. */
export interface RedisConnections {
  /** What every key starts with. BullMQ takes it as its own `prefix`, since it refuses connections that have one. */
  readonly prefix: string
  /** The full name of a channel. Channels are shared by all databases of a Redis, so the number of ours is part of it. */
  channel(name: string): string
  /** The connection for commands that all parts of this process share. Do not close it. */
  shared(): Promise<Redis>
  /**
   * Opens a further connection, which `close` closes with all others. Resolves once it is ready, or when it could not
   * connect at first, or may not: it goes on trying to connect until it is closed. Its errors are logged and reject its
   * commands; they are never thrown elsewhere.
   *
   * @throws Error after `close`
   */
  open(use: RedisUse): Promise<Redis>
  /** Whether one of the connections is lost, or not made yet. */
  isAway(): boolean
  close(): Promise<void>
}

const PREFIX = 'voicepin:'
const COMMAND_TIMEOUT_MS = 500
const CONNECT_TIMEOUT_MS = 1000
const FIRST_RECONNECT_MS = 50
const LONGEST_RECONNECT_MS = 2000
const HEARTBEAT_MS = 1000
/** More than one, for a single answer may be late because this process itself was busy. */
const MISSED_HEARTBEATS = 2
/** Longer than any command of BullMQ waits at the server. */
const BLOCKING_TIMEOUT_MS = 15_000

/**
 * Connects to the Redis at `url`, as `readRedisAddress` reads it. The client is loaded, and a connection made, only when
 * one is asked for. A Redis that this service cannot use, such as a replica, a Cluster or one that forbids what is needed,
 * is treated as one that is away, until it can be used; one line says why.
 *
 * An outage is logged once when it begins and once when it ends, however many connections it concerns.
 */
export function createRedis(options: {
  url: string
  log: Log
  clock: Pick<Clock, 'random' | 'sleep'>
  prefix?: string
  blockingTimeoutMs?: number
  /** How soon a Redis that cannot be used is looked at again: after a failover a replica may be the primary. */
  lookAgainMs?: number
}): RedisConnections {
  const {
    url,
    log,
    clock,
    prefix = PREFIX,
    blockingTimeoutMs = BLOCKING_TIMEOUT_MS,
    lookAgainMs = 5000,
  } = options
  const address = readRedisAddress(url)
  const channel = (name: string) => `${prefix}${address.db}:${name}`
  const gate = createGate({ address, prefix, channel: channel('probe'), log, clock, lookAgainMs })
  /** How to close each connection. */
  const closers = new Map<Redis, () => Promise<void>>()
  /** The connections that are lost at the moment. */
  const lost = new Set<Redis>()
  let isClosed = false
  let shared: Promise<Redis> | undefined

  function onLost(client: Redis, error: Error) {
    if (isClosed || lost.has(client)) return
    if (lost.size === 0) log.warn({ error: error.message }, 'Redis is away: this instance works on its own')
    lost.add(client)
  }

  function onReady(client: Redis) {
    if (lost.delete(client) && lost.size === 0) log.info('Redis is back')
  }

  async function open(use: RedisUse): Promise<Redis> {
    const { Redis } = await import('ioredis')
    if (isClosed) throw new Error('The connections to Redis are closed')
    class GatedRedis extends Redis {
      // The client calls it itself for every further attempt.
      override async connect(): Promise<void> {
        await gate.pass()
        await super.connect()
      }
    }
    const client = new GatedRedis({ ...address, ...optionsFor(use, () => clock.random()) })
    hearAllErrors(client)
    client.on('error', (error) => onLost(client, error))
    client.on('ready', () => onReady(client))
    const heartbeat = use === 'blocking' ? watchBlocking(client, blockingTimeoutMs) : watchHeartbeats(client)
    closers.set(client, async () => {
      clearInterval(heartbeat)
      // Lets commands that were sent be answered, if Redis can answer now.
      if (use !== 'blocking' && client.status === 'ready') await client.quit().catch(() => {})
      client.disconnect()
    })
    const attempt = firstAttempt(client)
    client.connect().catch(() => {})
    if ((await gate.look()) !== 'unfit') await attempt
    return client
  }

  return {
    prefix,
    channel,

    shared() {
      shared ??= open('commands')
      return shared
    },

    open,

    isAway: () => closers.keys().some(({ status }) => status !== 'ready'),

    async close() {
      isClosed = true
      gate.close()
      await Promise.all(closers.values().map((close) => close()))
    },
  }
}

function optionsFor(use: RedisUse, random: () => number): RedisOptions {
  let reconnectedAt = Number.NEGATIVE_INFINITY
  const common: RedisOptions = {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // A server that is gone never answers the closing of the connection.
    disconnectTimeout: COMMAND_TIMEOUT_MS,
    retryStrategy: (attempts) =>
      withJitter(Math.min(FIRST_RECONNECT_MS * 2 ** (attempts - 1), LONGEST_RECONNECT_MS), random),
    // After a failover the old primary still answers, but refuses writes. Not at each of them: it may stay so.
    reconnectOnError: (error) => {
      const isDue = performance.now() - reconnectedAt > LONGEST_RECONNECT_MS
      if (!isDue || !error.message.startsWith('READONLY')) return false
      reconnectedAt = performance.now()
      return true
    },
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

/** Resolves when `client` is ready, or has failed to connect once. */
function firstAttempt(client: Redis): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  for (const event of ['ready', 'reconnecting', 'end']) client.once(event, () => resolve())
  return promise
}

/** Reconnects when the server has stopped answering, which a subscriber would not notice, since it sends no commands. */
function watchHeartbeats(client: Redis): NodeJS.Timeout {
  let missed = 0
  const timer = setInterval(async () => {
    if (client.status !== 'ready') return
    try {
      await client.ping()
      missed = 0
    } catch {
      missed += 1
      if (missed < MISSED_HEARTBEATS || client.status !== 'ready') return
      missed = 0
      reconnect(client)
    }
  }, HEARTBEAT_MS)
  return timer.unref()
}

/** The same for blocking commands, which would wait for ever for a server that is gone without closing the connection. */
function watchBlocking(client: Redis, timeoutMs: number): NodeJS.Timeout {
  let askedAt: number | undefined
  const timer = setInterval(() => {
    if (client.status !== 'ready') askedAt = undefined
    else if (askedAt === undefined) {
      askedAt = performance.now()
      const answered = () => {
        askedAt = undefined
      }
      client.ping().then(answered, answered)
    } else if (performance.now() - askedAt > timeoutMs) {
      askedAt = undefined
      reconnect(client)
    }
  }, HEARTBEAT_MS)
  return timer.unref()
}

/** Drops the connection and makes a new one. */
function reconnect(client: Redis) {
  client.emit('error', new Error('Redis does not answer'))
  client.disconnect(true)
}
