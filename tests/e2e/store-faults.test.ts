import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { independentCid } from '../support/content-id.ts'
import { pathOf, quick } from '../support/operator.ts'
import type { Service } from '../support/service.ts'
import { startService } from '../support/service.ts'
import { environmentFor, statusFault } from '../support/stub-vendors.ts'
import { until } from '../support/until.ts'
import { useVendors, useWorld } from '../support/world.ts'

describe('a temporary store that takes nothing', () => {
  const world = useWorld()
  const audio = () => path.join(world.service.directory, 'audio')
  const aside = () => path.join(world.service.directory, 'aside')

  /** A file in the place of the directory fails every write, also for a user who may do everything. */
  async function breakStore() {
    await rename(audio(), aside())
    await writeFile(audio(), 'in the way')
  }

  async function mendStore() {
    await rm(audio())
    await rename(aside(), audio())
  }

  afterEach(() => world.vendors.reset())

  it('does not matter to a clip that a provider takes', async () => {
    await world.service.vocalize()
    await breakStore()
    const { status, body } = await world.service.vocalize()
    await mendStore()
    expect(status).toBe(200)
    expect(body.data).toMatchObject({ isTemporary: false, provider: 'pinata' })
    const held = await world.vendors.content('pinata', body.data.ipfsHash)
    expect(await independentCid(held as Uint8Array)).toBe(body.data.cid)
  })

  it('and providers that fail, too: 503 that says what failed, and recovery without a restart', async () => {
    await breakStore()
    await world.vendors.always('pinata', statusFault(500))
    const { status, headers, body } = await world.service.vocalize()
    expect([status, body.code]).toEqual([503, 'storage_unavailable'])
    expect(body.providers).toEqual([
      { provider: 'pinata', attempts: 4, error: expect.stringContaining('500') },
    ])
    expect(body.detail).toMatch(/temporary store/i)
    expect(body.detail).not.toContain(world.service.directory)
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await world.service.fetch('/api/health/ready')).status).toBe(503)
    await mendStore()
    await until('readiness', async () => (await world.service.fetch('/api/health/ready')).status === 200)
    const next = await world.service.vocalize()
    expect(next.body.data.isTemporary).toBe(true)
    expect((await world.service.fetch(pathOf(next.body.data.audioUrl))).status).toBe(200)
  })
})

describe('the byte budget', () => {
  const world = useVendors()
  const BUDGET_BYTES = 200_000

  async function usedBytes({ directory }: Service): Promise<number> {
    const audio = path.join(directory, 'audio')
    const sizes = await Promise.all(
      (await readdir(audio)).map((name) => stat(path.join(audio, name)).catch(() => null)),
    )
    return sizes.reduce((sum, facts) => sum + (facts?.size ?? 0), 0)
  }

  it('holds however many come at once: what IPFS has goes first, then 503', async () => {
    const service = await startService({
      environment: { ...quick, ...environmentFor(world.vendors), TEMP_AUDIO_MAX_BYTES: String(BUDGET_BYTES) },
    })
    const many = () =>
      Promise.all(
        Array.from({ length: 20 }, () => service.vocalize({ text: 'x'.repeat(80), voiceId: 'George' })),
      )
    // 20 clips of 38 kB each do not fit at once, but those that are stored make room for the next ones.
    const stored = await many()
    expect(stored.filter(({ status }) => status === 200).length).toBeGreaterThan(0)
    expect(await usedBytes(service)).toBeLessThanOrEqual(BUDGET_BYTES)
    for (let next = 0; next < 8; next++) expect((await service.vocalize()).status).toBe(200)
    await world.vendors.always('pinata', statusFault(401))
    const answers = await many()
    expect(await usedBytes(service)).toBeLessThanOrEqual(BUDGET_BYTES)
    const kept = answers.filter(({ status }) => status === 200)
    const refused = answers.filter(({ status }) => status !== 200)
    expect(kept.length).toBeGreaterThan(0)
    expect(refused.length).toBeGreaterThan(0)
    for (const { status, headers, body } of refused) {
      expect([status, body.code]).toEqual([503, 'temp_storage_full'])
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
    for (const { body } of kept) expect((await service.fetch(pathOf(body.data.audioUrl))).status).toBe(200)
    await world.vendors.reset()
    await service.stop()
  })
})
