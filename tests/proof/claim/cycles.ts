import type { Catalog } from '#lib/catalog/catalog.ts'

/** The cost of what is done for each clip, in milliseconds, while others of its kind wait in great numbers. */
export const operations = ['claim and postpone', 'reserve and discard'] as const
export type Operation = (typeof operations)[number]

/** Does `operation` once on a catalog that holds clips as of `startedAt`. Returns how long it took. */
export function createCycles(catalog: Catalog, startedAt: number) {
  let now = startedAt
  const owner = 'bench'

  async function claimAndPostpone() {
    const lease = { owner, expiresAt: now + 60_000 }
    const [clip] = await catalog.queue.claim({ limit: 1, now, lease, dueOnly: true, notTriedSince: now })
    if (!clip) throw new Error('Nothing is due')
    const round = { leaseOwner: owner, error: 'pinata: 503', lastRoundAt: now, nextAttemptAt: now + 1 }
    if (!(await catalog.clips.postpone(clip.id, round))) throw new Error('The lease was lost')
  }

  async function reserveAndDiscard() {
    const clip = {
      id: `bench-${now}`,
      requestId: 'r',
      characters: 1,
      voiceId: 'slt',
      modelId: null,
      outputFormat: null,
      createdAt: now,
      expiresAt: now,
      sizeBytes: 1000,
      leaseOwner: owner,
      leaseExpiresAt: now,
    }
    if (!(await catalog.clips.reserve(clip, Number.MAX_SAFE_INTEGER))) throw new Error('There is no room')
    await catalog.clips.discard(clip.id)
  }

  return async (operation: Operation): Promise<number> => {
    now += 2
    const begun = performance.now()
    await (operation === 'claim and postpone' ? claimAndPostpone() : reserveAndDiscard())
    return performance.now() - begun
  }
}

export function medianOf(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
