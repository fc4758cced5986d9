import { describe, expect, it } from 'vitest'
import { expectLimited, randomAddress } from '../support/flood.ts'
import { quick } from '../support/operator.ts'
import { startService } from '../support/service.ts'
import { environmentFor } from '../support/stub-vendors.ts'
import { until } from '../support/until.ts'
import { useVendors } from '../support/world.ts'

const world = useVendors()
const start = (changes: Record<string, string>) =>
  startService({ environment: { ...quick, ...environmentFor(world.vendors), ...changes } })

describe('RATE_LIMIT_PER_MINUTE', () => {
  // 10,000 of them: tests/proof/flood.proof.ts.
  it('1,000 requests from one address get what the limit allows and no more, forged headers included', async () => {
    const service = await start({ RATE_LIMIT_PER_MINUTE: '50', LOG_LEVEL: 'error' })
    await expectLimited(service.baseUrl, { count: 1000, perMinute: 50 })
    await service.stop()
  })

  it('tells before it is too late, and after', async () => {
    const service = await start({ RATE_LIMIT_PER_MINUTE: '2' })
    const first = await service.vocalize()
    expect(first.status).toBe(200)
    expect(first.headers.get('ratelimit-policy')).toBe('"default";q=2;w=60')
    expect(first.headers.get('ratelimit')).toBe('"default";r=1;t=60')
    expect(first.headers.get('access-control-expose-headers')).toMatch(/\bRateLimit\b.*\bRateLimit-Policy\b/)
    await service.vocalize('{')
    const { status, headers, body } = await service.vocalize()
    expect([status, body.code]).toEqual([429, 'rate_limited'])
    expect(headers.get('ratelimit')).toMatch(/^"default";r=0;t=\d+$/)
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(50)
    await service.stop()
  })

  it('counts the callers behind a trusted proxy one by one', async () => {
    const service = await start({ RATE_LIMIT_PER_MINUTE: '1', TRUSTED_PROXIES: '127.0.0.0/8, ::1' })
    const from = async (address: string) =>
      (await service.vocalize('{', { 'x-forwarded-for': `${randomAddress()}, ${address}` })).status
    expect([await from('1.1.1.1'), await from('1.1.1.1'), await from('2.2.2.2')]).toEqual([400, 429, 400])
    await service.stop()
  })

  it('wrong keys count against their address, right ones for themselves', async () => {
    const service = await start({ RATE_LIMIT_PER_MINUTE: '2', VOCALIZE_API_KEYS: 'one-key,other-key' })
    const with_ = async (key: string) =>
      (await service.vocalize('{', { authorization: `Bearer ${key}` })).status
    expect([await with_('a'), await with_('b'), await with_('c')]).toEqual([401, 401, 429])
    expect([await with_('one-key'), await with_('one-key'), await with_('one-key')]).toEqual([400, 400, 429])
    expect((await service.vocalize('{', { 'xi-api-key': 'other-key' })).status).toBe(400)
    await service.stop()
  })
})

describe('CHARACTERS_PER_DAY', () => {
  it('ends the speaking until midnight UTC, across a restart, and counts only what was spoken', async () => {
    const service = await start({ CHARACTERS_PER_DAY: '40' })
    const speak = (text: string, voiceId = 'George') => service.vocalize({ text, voiceId })
    expect((await speak('x'.repeat(30))).status).toBe(200)
    expect((await speak('x'.repeat(10), 'missing')).status).toBe(404)
    await service.stop()
    await service.restart()
    const refused = await speak('x'.repeat(11))
    expect([refused.status, refused.body.code]).toEqual([429, 'character_budget_exceeded'])
    const untilMidnight = (86_400_000 - (Date.now() % 86_400_000)) / 1000
    expect(Math.abs(Number(refused.headers.get('retry-after')) - untilMidnight)).toBeLessThan(5)
    expect((await speak('x'.repeat(10))).status).toBe(200)
    expect((await speak('x')).status).toBe(429)
    await service.stop()
  })

  it('costs nothing the second time that the same is asked for', async () => {
    const service = await start({ CHARACTERS_PER_DAY: '20', REUSE: 'on' })
    const body = { text: 'x'.repeat(10), voiceId: 'George' }
    const keyed = () => service.vocalize(body, { 'idempotency-key': 'one' })
    const first = await keyed()
    expect([first.status, (await keyed()).body.data.id]).toEqual([200, first.body.data.id])
    expect((await service.vocalize(body)).body.data.reused).toBe(true)
    const anew = () => service.vocalize({ ...body, reuse: false })
    // What was not spoken is given back behind the answer.
    const { data } = (
      await until('the rest', async () => {
        const answer = await anew()
        return answer.status === 200 && answer
      })
    ).body
    expect(data.reused).toBeUndefined()
    expect((await anew()).status).toBe(429)
    await service.stop()
  })

  it('holds for many at once', async () => {
    const service = await start({ CHARACTERS_PER_DAY: '50', SPEECH_CONCURRENCY: '20' })
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        service.vocalize({ text: 'x'.repeat(10), voiceId: 'George', reuse: false }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
    await service.stop()
  })
})
