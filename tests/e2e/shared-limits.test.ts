import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { lacking } from '../support/lacking.ts'
import { ADMIN_KEY, quick, retryIpfs } from '../support/operator.ts'
import { type RedisServer, startRedis } from '../support/servers/redis.ts'
import { type Service, startService } from '../support/service.ts'
import { environmentFor } from '../support/stub-vendors.ts'
import { until } from '../support/until.ts'
import { useVendors } from '../support/world.ts'

const world = useVendors()
const server: RedisServer | undefined = await startRedis().catch((error) => {
  console.error(`\n⚠️  NO REDIS: what instances share by it is SKIPPED. ${error.message}\n`)
  return undefined
})
afterAll(() => server?.stop())

async function twoServices(changes: Record<string, string> = {}): Promise<[Service, Service]> {
  const environment = {
    ...quick,
    ...environmentFor(world.vendors, ['elevenlabs', 'pinata']),
    REDIS_URL: server?.url ?? '',
    ...changes,
  }
  return Promise.all([startService({ environment }), startService({ environment })])
}

async function breakerOf(service: Service): Promise<string | undefined> {
  const response = await service.fetch('/api/metrics', { headers: { authorization: `Bearer ${ADMIN_KEY}` } })
  const lines = (await response.text()).split('\n')
  return lines
    .find((line) => /breaker/.test(line) && line.includes('"pinata"') && line.endsWith(' 1'))
    ?.match(/state="(\w+)"/)?.[1]
}

describe.skipIf(lacking(server !== undefined, 'there is no Redis'))(
  'two instances with one REDIS_URL',
  () => {
    describe('share the rate limit', () => {
      let services: [Service, Service]
      beforeAll(async () => {
        services = await twoServices({ RATE_LIMIT_PER_MINUTE: '5' })
      })
      const knock = async (service: Service) =>
        (await service.fetch('/api/agents/vocalize', { method: 'POST', body: '{' })).status

      it('five of eight calls pass, whichever they come to', async () => {
        const statuses: number[] = []
        for (let calls = 0; calls < 8; calls += 1) statuses.push(await knock(services[calls % 2 ? 0 : 1]))
        expect(statuses).toEqual([400, 400, 400, 400, 400, 429, 429, 429])
      })

      it('ten wrong keys are the last that the caller may try at both, besides the right one', async () => {
        const signIn = async (service: Service, key: string) => {
          const response = await service.fetch('/api/admin/session', {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
            body: JSON.stringify({ key }),
          })
          return response.status
        }
        for (let tries = 0; tries < 10; tries += 1) {
          expect(await signIn(services[tries % 2 ? 0 : 1], `no ${tries}`)).toBe(401)
        }
        for (const service of services) {
          expect(await signIn(service, 'no again')).toBe(429)
          expect(await signIn(service, ADMIN_KEY)).toBe(204)
        }
      })

      it('each counts for itself while Redis is away, at once, and both stop cleanly', async () => {
        onTestFinished(() => server?.start())
        await server?.stop()
        const startedAt = performance.now()
        for (const service of services) expect(await knock(service)).toBe(400)
        expect(performance.now() - startedAt).toBeLessThan(1000)
        for (const service of services) {
          const isOutage = ({ msg }: { msg?: unknown }) => String(msg).includes('Redis is away')
          await service.waitForLog(isOutage)
          await service.stop()
          expect(service.log.filter(isOutage)).toHaveLength(1)
        }
      })
    })

    it('rest a provider within a second of one having found it sick, and probe it when the other’s operator says so', async () => {
      const [left, right] = await twoServices()
      await world.vendors.always('pinata', { kind: 'status', status: 503 })
      for (let clips = 0; clips < 2; clips += 1) await left.vocalize()
      expect(await breakerOf(left)).toBe('open')
      await until('it open at the other', async () => (await breakerOf(right)) === 'open', {
        timeoutMs: 1000,
      })

      await world.vendors.heal()
      // It has no clips of its own: all that its operator's call does is to end the rest.
      await retryIpfs(right)
      await until('the end of its rest', async () => (await breakerOf(left)) !== 'open', { timeoutMs: 1000 })
      await retryIpfs(left)
      await until('it in use at both', async () => {
        const states = await Promise.all([left, right].map(breakerOf))
        return states.every((state) => state === 'closed')
      })
    })
  },
)
