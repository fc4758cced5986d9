import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Catalog, createCatalog } from '../../../lib/catalog/catalog.ts'
import { sqliteFile } from '../../../lib/catalog/sqlite.ts'
import { newClipId } from '../../../lib/clip.ts'
import { waitsOf } from '../../../lib/dashboard.ts'

const START = 1_700_000_000_000
const HOUR_MS = 3_600_000
const span = { from: START, to: START + 4 * HOUR_MS, stepMs: HOUR_MS }
let directory: string
let catalog: Catalog

async function stagedClip(stagedAt: number) {
  const id = newClipId()
  const lease = { leaseOwner: null, leaseExpiresAt: null }
  const spoken = { requestId: 'r', characters: 10, voiceId: 'slt', modelId: null, outputFormat: null }
  const times = { createdAt: stagedAt - 500, expiresAt: stagedAt + HOUR_MS }
  await catalog.clips.reserve({ id, ...spoken, ...times, sizeBytes: 1000, ...lease }, 1e9)
  const audio = { cid: `cid-${id}`, mimeType: 'audio/mpeg', fileExtension: 'mp3', durationMs: 1000 }
  await catalog.clips.stage(id, { ...audio, sizeBytes: 1000, stagedAt, ...lease })
  return id
}

async function storedClip(stagedAt: number, tookMs: number, provider: string) {
  const id = await stagedClip(stagedAt)
  const storedAt = stagedAt + tookMs
  await catalog.clips.store(id, {
    provider,
    ipfsHash: 'h',
    permanentUrl: 'https://gateway.example',
    storedAt,
  })
  return id
}

async function tried(
  clipId: string,
  startedAt: number,
  outcome: 'stored' | 'failed',
  trigger: 'request' | 'cron',
) {
  const attempt = await catalog.attempts.begin({ clipId, provider: 'pinata', trigger, startedAt })
  await catalog.attempts.end(attempt, 'pinata', { outcome, durationMs: 5 })
}

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'voicepin-history-'))
  catalog = createCatalog(sqliteFile(path.join(directory, 'catalog.sqlite')))
  const first = await storedClip(START + 1000, 40, 'pinata')
  await storedClip(START + 2000, 1234, 'pinata')
  await storedClip(START + HOUR_MS, 70_000, 'kubo')
  const waiting = await stagedClip(START + 2 * HOUR_MS)
  await tried(first, START + 1000, 'stored', 'request')
  await tried(waiting, START + 2 * HOUR_MS, 'failed', 'request')
  await tried(waiting, START + 3 * HOUR_MS - 1, 'failed', 'cron')
  await tried(waiting, span.to, 'failed', 'cron')
})
afterAll(async () => {
  await catalog.close()
  await rm(directory, { recursive: true })
})

describe('the history', () => {
  it('counts tries by step, provider and whether a caller waited, up to the end of the span', async () => {
    const provider = 'pinata'
    expect(await catalog.history.tries(span)).toEqual([
      { step: 0, provider, isBackground: false, stored: 1, failed: 0 },
      { step: 2, provider, isBackground: false, stored: 0, failed: 1 },
      { step: 2, provider, isBackground: true, stored: 0, failed: 1 },
    ])
  })

  it('tells how long clips took, to a few percent', async () => {
    const times = (await catalog.history.timesToIpfs(span)).toSorted((a, b) => a.ms - b.ms)
    expect(times).toEqual([
      { step: 0, provider: 'pinata', ms: 40, clips: 1 },
      { step: 0, provider: 'pinata', ms: 1200, clips: 1 },
      { step: 1, provider: 'kubo', ms: 70_000, clips: 1 },
    ])
  })

  it('tells where the clips of a time stand now', async () => {
    expect(await catalog.history.states(START)).toEqual({ stored: 3, staged: 1 })
    expect(await catalog.history.states(START + 2 * HOUR_MS)).toEqual({ staged: 1 })
  })

  it('notes what is held, and forgets what is old', async () => {
    await catalog.history.sample(START, 0)
    await catalog.history.sample(START + HOUR_MS, START + 1)
    expect(await catalog.history.samples(span)).toEqual([
      { takenAt: START + HOUR_MS, heldClips: 4, heldBytes: 4000, waitingClips: 1 },
    ])
  })

  it('lists clips by pages, the latest first', async () => {
    const { clips, total } = await catalog.history.list({ state: 'stored', limit: 2, offset: 1 })
    expect(total).toBe(3)
    expect(clips.map(({ storedAt }) => storedAt)).toEqual([START + 3234, START + 1040])
  })
})

describe('waitsOf', () => {
  it('gives median and 95th percentile of a histogram', () => {
    const times = [
      { ms: 500, clips: 5 },
      { ms: 10, clips: 94 },
      { ms: 90_000, clips: 1 },
    ]
    expect(waitsOf(times)).toEqual({ clips: 100, medianMs: 10, p95Ms: 500 })
    expect(waitsOf([])).toBeUndefined()
  })
})
