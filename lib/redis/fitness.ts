import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'

/** The version from which on the work queue works. */
const OLDEST = [6, 2]

/**
 * What must be allowed to the user of the connection: what the work queue, the limits, the slots and the breakers do.
 * `K` is a key of ours, `C` a channel of ours. Each has as many arguments as it takes, since Redis counts those first.
 */
const commands = [
  'EXISTS K, EXPIRE K 1, GET K, INCR K, INCRBY K 1, PERSIST K, PEXPIRE K 1000, PEXPIREAT K 1, PTTL K, TIME, TYPE K',
  'SET K 1 PX 5000, UNLINK K, HDEL K a, HEXISTS K a, HGET K a, HGETALL K, HINCRBY K a 1, HLEN K, HMGET K a',
  'HMSET K a 1, HSET K a 1, LINDEX K 0, LLEN K, LPOP K, LPOS K a, LPUSH K a, LRANGE K 0 1, LREM K 0 a, LSET K 0 a',
  'LTRIM K 0 1, RPOP K, RPOPLPUSH K K, RPUSH K a, SADD K a, SCARD K, SISMEMBER K a, SMEMBERS K, SREM K a',
  'ZADD K 1 a, ZCARD K, ZCOUNT K 0 1, ZLEXCOUNT K - +, ZPOPMIN K, ZRANGE K 0 1, ZRANGEBYLEX K - +, ZREM K a',
  'ZRANGEBYSCORE K 0 1, ZREMRANGEBYRANK K 0 1, ZREMRANGEBYSCORE K 0 1, ZREVRANGE K 0 1, ZREVRANGEBYSCORE K 1 0',
  'ZSCORE K a, BZPOPMIN K 0.01, XADD K * a 1, XDEL K 1-1, XLEN K, XRANGE K - +, XTRIM K MAXLEN 1, XREAD STREAMS K 0',
  `EVAL return(1) 0, EVALSHA ${'0'.repeat(40)} 0, MULTI, EXEC, PING, PUBLISH C a`,
  // The last ones, in this order: nothing is left, and a connection that has subscribed does nothing else.
  'DEL K, SUBSCRIBE C',
].flatMap((line) => line.split(', '))

/** The names of the commands that the user of the connection must be allowed. */
export const neededCommands: readonly string[] = [
  'INFO',
  ...commands.map((command) => command.replace(/ .*/, '')),
]

/**
 * Why the Redis behind `client`, which is connected, cannot be used by this service; `undefined` where it can. Tries what
 * the service will do, on a key below `prefix` that is gone afterwards. `client` cannot be used for anything else
 * afterwards.
 *
 * @throws Error where it does not answer, or is still loading
 */
export async function unfitness(
  client: Redis,
  { prefix, channel }: { prefix: string; channel: string },
): Promise<string | undefined> {
  const info = await client.info().catch((error: Error) => {
    if (isForbidden(error)) return undefined
    throw error
  })
  const facts = new Map((info ?? '').split('\r\n').map((line) => line.split(':', 2) as [string, string]))
  if (facts.get('loading') === '1') throw new Error('Redis is loading its data')
  return (
    wrongKind(facts) ?? (await missingRights(client, { prefix, channel, isInfoMissing: info === undefined }))
  )
}

/** @see https://redis.io/docs/latest/commands/info/ */
function wrongKind(facts: ReadonlyMap<string, string>): string | undefined {
  const mode = facts.get('redis_mode') ?? facts.get('server_mode')
  if (mode === 'cluster') {
    return 'it is a Redis Cluster: take a single Redis, or one behind Sentinels (redis+sentinel://host,host/NAME)'
  }
  if (mode === 'sentinel') {
    return 'it is a Sentinel: write redis+sentinel://host:26379/NAME, with the name of its primary'
  }
  if (facts.has('role') && facts.get('role') !== 'master') return 'it is a replica, which takes no writes'
  const version = facts.get('redis_version')
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST
  if (version && (major < oldestMajor || (major === oldestMajor && minor < oldestMinor))) {
    return `its version is ${version}: take ${OLDEST.join('.')} or later`
  }
  return undefined
}

async function missingRights(
  client: Redis,
  options: { prefix: string; channel: string; isInfoMissing: boolean },
): Promise<string | undefined> {
  const { prefix, channel } = options
  const key = `${prefix}probe:${randomUUID()}`
  const forbidden = new Set<string>(options.isInfoMissing ? ['INFO'] : [])
  let refusedKey = false
  const attempts = commands.map(async (command) => {
    const [name = '', ...args] = command.split(' ')
    const meant = args.map((arg) => (arg === 'K' ? key : arg === 'C' ? channel : arg))
    try {
      await client.call(name.toLowerCase(), ...meant)
    } catch (error) {
      // The key has not the type of this command, for one: it was allowed.
      if ((error as Error).name !== 'ReplyError') throw error
      if (!isForbidden(error as Error)) return
      if (/ (keys?|channels?) /.test((error as Error).message)) refusedKey = true
      forbidden.add(name)
    }
  })
  await Promise.all(attempts)
  if (forbidden.size === 0) return undefined
  const names = [...forbidden].slice(0, 10).join(', ')
  const more = forbidden.size > 10 ? ` and ${forbidden.size - 10} more` : ''
  const where = refusedKey ? `, or not on the keys ~${prefix}* and the channels &${prefix}*` : ''
  return `its user may not use ${names}${more}${where}`
}

const isForbidden = ({ message }: Error) => message.startsWith('NOPERM')
