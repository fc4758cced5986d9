import { Agent, request } from 'node:http'
import { expect } from 'vitest'

/** An address of the Internet, as a forger would have it. */
export const randomAddress = () => Array.from({ length: 4 }, () => Math.floor(Math.random() * 256)).join('.')

/** Statuses of `count` requests over a few connections, each forged in another way. */
async function flood(baseUrl: string, count: number): Promise<Map<number, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  const statuses = new Map<number, number>()
  const forgeries = ['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'CF-Connecting-IP', 'X-Voicepin-Connection']
  const send = (index: number) =>
    new Promise<void>((resolve, reject) => {
      const name = forgeries[index % forgeries.length] as string
      const headers = { [name]: name === 'Forwarded' ? `for=${randomAddress()}` : randomAddress() }
      request(`${baseUrl}/api/agents/vocalize`, { method: 'POST', agent, headers }, (response) => {
        const status = response.statusCode ?? 0
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        response.resume().once('end', resolve)
      })
        .once('error', reject)
        .end('{')
    })
  let next = 0
  const worker = async () => {
    while (next < count) await send(next++)
  }
  await Promise.all(Array.from({ length: 20 }, worker))
  agent.destroy()
  return statuses
}

/** Floods a service that allows `perMinute` requests, and expects that no more pass. */
export async function expectLimited(
  baseUrl: string,
  { count, perMinute }: { count: number; perMinute: number },
) {
  const startedAt = performance.now()
  const statuses = await flood(baseUrl, count)
  const windows = Math.ceil((performance.now() - startedAt) / 60_000)
  const { 400: answered = 0, 429: refused = 0 } = Object.fromEntries(statuses)
  expect(answered + refused).toBe(count)
  // A slow machine takes more than a minute, and is let in again in the next.
  expect(answered).toBeGreaterThanOrEqual(perMinute)
  expect(answered).toBeLessThanOrEqual(perMinute * windows)
}
