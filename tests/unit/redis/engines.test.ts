import path from 'node:path'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { findServer } from '../../../scripts/find-program.mjs'
import { lacking } from '../../support/lacking.ts'
import { testRedis } from '../../support/redis.ts'
import { freePort } from '../../support/servers/free-port.ts'
import { type RedisServer, startRedis } from '../../support/servers/redis.ts'
import { startSentinel } from '../../support/servers/sentinel.ts'
import { until } from '../../support/until.ts'

const hasRedis = inject('redisUrl') !== undefined
const fixture = (name: string) => path.resolve(import.meta.dirname, '../../fixtures/tls', name)

async function started(options?: Parameters<typeof startRedis>[0]): Promise<RedisServer> {
  const server = await startRedis(options)
  onTestFinished(() => server.stop())
  return server
}

const portOf = (server: RedisServer) => Number(new URL(server.url).port)

describe.skipIf(!hasRedis)('REDIS_URL', () => {
  it('leads by way of Sentinels to the primary, and to the new one after a failover', async () => {
    const first = await started()
    const second = await started({ settings: { replicaof: `127.0.0.1 ${portOf(first)}` } })
    const sentinel = await startSentinel({ name: 'voices', primaryPort: portOf(first) })
    onTestFinished(() => sentinel.stop())
    const gone = await freePort()
    const redis = testRedis({
      url: `redis+sentinel://127.0.0.1:${gone},127.0.0.1:${sentinel.port}/voices/2`,
      lookAgainMs: 100,
    })
    const client = await redis.shared()
    await client.set('greeting', 'hello')
    expect(await (await testRedis({ url: `${first.url}/2` }).shared()).get('greeting')).toBe('hello')
    const copy = testRedis({ url: second.url, lookAgainMs: 100 })
    await copy.shared()
    expect(copy.lines[0]?.msg).toContain('it is a replica')
    await until('the Sentinel to know the replica', async () => {
      const watcher = testRedis({ url: `redis://127.0.0.1:${sentinel.port}` })
      return (await watcher.shared()) && watcher.lines[0]?.msg.includes('it is a Sentinel')
    })
    await first.stop()
    await until('the new primary', () => client.set('greeting', 'again').catch(() => false), {
      timeoutMs: 20_000,
    })
    await until('it at its own address', async () => (await copy.shared()).status === 'ready')
  })

  it('is taken with TLS, a client certificate, a user and its password', async () => {
    const tlsPort = await freePort()
    const server = await started({
      settings: {
        'tls-port': tlsPort,
        'tls-cert-file': fixture('server.crt'),
        'tls-key-file': fixture('server.key'),
        'tls-ca-cert-file': fixture('ca.crt'),
      },
    })
    const operator = await testRedis({ url: server.url }).shared()
    await operator.call(
      'ACL',
      'SETUSER',
      'voicepin',
      'on',
      '>s3cret/ä',
      '~voicepin:*',
      '&voicepin:*',
      '+@all',
    )
    const address = `rediss://voicepin:${encodeURIComponent('s3cret/ä')}@localhost:${tlsPort}/0`
    const certificates = `cacert=${fixture('ca.crt')}&cert=${fixture('client.crt')}&key=${fixture('client.key')}`
    const ping = async (url: string) => (await testRedis({ url, prefix: 'voicepin:' }).shared()).ping()
    expect(await ping(`${address}?${certificates}`)).toBe('PONG')
    expect(await ping(`${address}?${certificates.replace(/cacert=[^&]*/, 'insecure=true')}`)).toBe('PONG')
    await expect(ping(address), 'an unknown authority').rejects.toThrow()
    await expect(
      ping(`${address.replace('localhost', '127.0.0.1')}?${certificates}`),
      'another name',
    ).rejects.toThrow()
    await expect(ping(`${address}?cacert=${fixture('ca.crt')}`), 'no client certificate').rejects.toThrow()
  })

  it.skipIf(
    lacking(
      findServer('valkey-server') !== undefined,
      'there is no Valkey (Debian 12 has none; npm run test:engines brings it)',
    ),
  )('is taken where it leads to Valkey', async () => {
    const server = await started({ program: 'valkey-server' })
    expect(await (await testRedis({ url: server.url }).shared()).ping()).toBe('PONG')
  })
})
