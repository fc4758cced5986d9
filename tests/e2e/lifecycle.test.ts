import { rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backlogOf } from '../support/catalog.ts'
import { impatient } from '../support/operator.ts'
import { run } from '../support/program.ts'
import { newDirectory, placesIn, type Service, startInVain, startService } from '../support/service.ts'
import { type LogLine, ServiceOutput } from '../support/service-output.ts'
import type { Fault } from '../support/stub-vendors.ts'
import { environmentFor } from '../support/stub-vendors.ts'
import { expectServed, uploadFromTwoInstances } from '../support/two-instances.ts'
import { until } from '../support/until.ts'
import { useVendors } from '../support/world.ts'

const world = useVendors()
const environment = (changes: Record<string, string> = {}) => ({
  ...impatient,
  ...environmentFor(world.vendors),
  ...changes,
})

describe('the start', () => {
  // The others: tests/unit/config.
  it('stops with one line that names all variables that are malformed', async () => {
    const { exitCode, output } = await startInVain({
      PORT: 'http',
      PINATA_UPLOAD_URL: 'uploads.pinata.cloud',
    })
    expect(exitCode).toBe(1)
    const lines = output.trim().split('\n')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('PORT: got "http", takes a whole number from 0 to 65535')
    expect(lines[0]).toMatch(/PINATA_UPLOAD_URL: .* an http or https URL/)
  })
})

describe('HOST', () => {
  it('keeps the service to one address, which the greeting names, and whose port nobody else gets', async () => {
    const output = new ServiceOutput()
    const { child, exited } = run(
      'bin/server.ts',
      { ...environment({ HOST: '127.0.0.1' }), ...placesIn(await newDirectory()) },
      output,
    )
    const listening = /Voicepin listens on http:\/\/127\.0\.0\.1:(\d+)\n/
    await until('readiness', () => listening.test(output.text), { timeoutMs: 30_000 })
    const port = listening.exec(output.text)?.[1] ?? ''
    expect((await fetch(`http://127.0.0.1:${port}/api/health`)).status).toBe(200)
    await expect(fetch(`http://[::1]:${port}/api/health`)).rejects.toThrow()
    const other = await startInVain({ HOST: '127.0.0.1', PORT: port })
    expect(other.exitCode).toBe(1)
    expect(other.output).toContain(`Port ${port} is in use`)
    child.kill('SIGTERM')
    expect(await exited).toBe(0)
  })

  it('is named by one line where this machine has no such address', async () => {
    const { exitCode, output } = await startInVain({ HOST: '192.0.2.1' })
    expect(exitCode).toBe(1)
    expect(output).toContain('The HOST is no address of this machine')
  })
})

describe('a service whose output nobody reads any more', () => {
  it('goes on without stderr, then without stdout as well, and can be stopped', async () => {
    const output = new ServiceOutput()
    const { child, exited } = run(
      'bin/server.ts',
      { ...environment(), ...placesIn(await newDirectory()) },
      output,
    )
    const listening = /Voicepin listens on (\S+)/
    await until('readiness', () => listening.test(output.text), { timeoutMs: 30_000 })
    const baseUrl = listening.exec(output.text)?.[1]
    for (const stream of [child.stderr, child.stdout]) {
      stream?.destroy()
      // The first line after that fails, and its failure would be told by the next.
      for (let count = 0; count < 3; count += 1) {
        await fetch(`${baseUrl}/%zz`)
      }
      expect((await fetch(`${baseUrl}/api/health`)).status).toBe(200)
    }
    child.kill('SIGTERM')
    expect(await exited).toBe(0)
  })
})

describe('a service whose log nobody reads for a while', () => {
  it('answers 1,000 requests meanwhile, and accounts for every line that it had to drop', async () => {
    const output = new ServiceOutput()
    const directory = await newDirectory()
    const { child, exited } = run(
      'bin/server.ts',
      { ...environment({ LOG_LEVEL: 'debug' }), ...placesIn(directory) },
      output,
    )
    const listening = /Voicepin listens on (\S+)/
    await until('readiness', () => listening.test(output.text), { timeoutMs: 30_000 })
    const baseUrl = listening.exec(output.text)?.[1]
    await world.vendors.always('pinata', { kind: 'refused' })
    const body = JSON.stringify({ text: 'Its file goes', voiceId: 'George' })
    const spoken = await (await fetch(`${baseUrl}/api/agents/vocalize`, { method: 'POST', body })).json()
    const { id } = spoken.data
    await rm(path.join(directory, 'audio', id))
    child.stdout?.pause()
    // Each is logged with its stack.
    const ask = () => fetch(`${baseUrl}/api/temp-audio/${id}`).then((answer) => answer.json())
    for (let count = 0; count < 1000; count += 20) {
      const answers = await Promise.all(Array.from({ length: 20 }, ask))
      expect(new Set(answers.map(({ code }) => code))).toEqual(new Set(['storage_unavailable']))
    }
    child.stdout?.resume()
    const headers = { authorization: `Bearer ${impatient.ADMIN_API_KEY}` }
    const metrics = await (await fetch(`${baseUrl}/api/metrics`, { headers })).text()
    const dropped = Number(/^voicepin_log_lines_dropped_total (\d+)$/m.exec(metrics)?.[1])
    const isFailure = ({ msg }: LogLine) => msg === 'A request failed'
    await until('every line', () => output.lines.filter(isFailure).length + dropped === 1000)
    child.kill('SIGTERM')
    expect(await exited).toBe(0)
    output.assertJson()
    await world.vendors.reset()
  })
})

describe('SIGTERM', () => {
  it('lets a running request finish, says 503 to new readiness checks, exits with 0', async () => {
    const service = await startService({ environment: environment() })
    await world.vendors.speak({ chunkBytes: 2048, chunkPauseMs: 100 })
    const running = service.vocalize({ text: 'x'.repeat(50), voiceId: 'George' })
    await until('speech', async () => (await world.vendors.requests({ vendor: 'elevenlabs' })).length > 0)
    const stopped = service.stop()
    const readiness = await until('unreadiness', async () => {
      const { status } = await service.fetch('/api/health/ready')
      return status !== 200 && status
    })
    expect(readiness).toBe(503)
    const { status, body } = await running
    expect([status, body.data.isTemporary]).toEqual([200, false])
    expect((await stopped).elapsedMs).toBeLessThan(10_000)
    await world.vendors.reset()
  })

  it('gives an upload that does not end back to the backlog; the next start finishes it', async () => {
    const service = await startService({
      environment: environment({
        UPLOAD_DEADLINE_MS: '200',
        IPFS_ATTEMPT_TIMEOUT_MS: '60000',
        SHUTDOWN_GRACE_MS: '1000',
      }),
    })
    await world.vendors.always('pinata', { kind: 'hang' })
    const { body } = await service.vocalize()
    expect(body.data.isTemporary).toBe(true)
    await service.stop()
    await world.vendors.heal()
    await service.restart()
    await expectServed(service, body.data)
    await service.waitForLog(`✅ IPFS upload successful: ${body.data.cid}`)
    expect(await world.vendors.holdings('pinata')).toContainEqual(
      expect.objectContaining({ cid: body.data.cid, uploads: 1 }),
    )
    await service.stop()
  })
})

interface Scene {
  speech?: { chunkPauseMs: number; chunkBytes: number }
  fault?: Fault
  afterMs: number
}

// At chance: tests/proof/crash.ts. At each step: tests/unit/clips/crash-steps.test.ts.
describe('SIGKILL', () => {
  let service: Service
  beforeAll(async () => {
    service = await startService({ environment: environment({ UPLOAD_DEADLINE_MS: '50' }) })
  })
  afterAll(() => service?.stop())

  it.each<[string, Scene]>([
    ['while the voice speaks', { speech: { chunkPauseMs: 30, chunkBytes: 1024 }, afterMs: 100 }],
    ['when the answer of an upload was lost', { fault: { kind: 'hang-after-storing' }, afterMs: 200 }],
  ])('%s: every answered clip keeps its bytes, nothing is stored twice', async (_, scene) => {
    if (scene.speech) await world.vendors.speak(scene.speech)
    if (scene.fault) await world.vendors.always('pinata', scene.fault)
    const calls = Array.from({ length: 4 }, () => service.vocalize().catch(() => undefined))
    await sleep(scene.afterMs)
    await service.kill()
    const answered = (await Promise.all(calls)).filter((answer) => answer?.status === 200)
    await world.vendors.heal()
    await service.restart()
    for (const answer of answered) await expectServed(service, answer?.body.data)
    await until('an empty backlog', () => backlogOf(service) === 0, { timeoutMs: 30_000 })
    for (const holding of await world.vendors.holdings('pinata')) expect(holding.uploads).toBe(1)
    await world.vendors.reset()
  })
})

// 200 clips: tests/proof/two-instances.proof.ts.
it('two instances on one directory serve each other’s clips and upload each of 40 pending clips once', async () => {
  await uploadFromTwoInstances(world.vendors, { clips: 40 })
})
