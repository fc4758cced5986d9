import { describe, expect, it } from 'vitest'
import type { Catalog } from '#lib/catalog/catalog.ts'
import { captionsIdOf, type VocalizedClip } from '#lib/model/clip.ts'
import {
  HUNDRED,
  NOW,
  newClip,
  noLimit,
  openMany,
  provenClip,
  type Subject,
  stagedFacts,
  storedClip,
  storedFacts,
  waitingClip,
} from './catalog-subject.ts'

const request = { by: 'maker', now: NOW + 10_000 } as const
const lease = { owner: 'eraser', expiresAt: NOW + 60_000 }
const due = { now: NOW + 20_000, lease }
const noted = { madeBy: 'a key', label: 'secret', metadata: { episode: 12 } }

/** Deleted clips, in every catalog: nothing of them is left but that they were there, and who is still to be asked. */
export function describeDeletions(subject: Subject) {
  const open = async () => (await subject.prepare())()

  /** A script of the clips of these pieces, joined as `clipId`. */
  async function scriptOf(catalog: Catalog, pieces: string[], clipId: string | null) {
    const id = newClip().id
    const facts = { id, requestId: 'r', caller: 'key:1', reuseScope: null, characters: 9 }
    const rest = { request: '{}', idempotencyKey: null, fingerprint: null, createdAt: NOW, label: 'secret' }
    const place = { turn: 0, textStart: 0, textLength: 3, characters: 3 }
    const all = pieces.map((_, number) => ({ ...place, number }))
    await catalog.scripts.create({ ...facts, ...rest, pieceCount: pieces.length }, all)
    await catalog.scripts.claim({ now: NOW, lease: { owner: 'me', expiresAt: NOW + 1000 } })
    for (const [number, pieceId] of pieces.entries())
      await catalog.scripts.finishPiece(id, { number, clipId: pieceId, durationMs: 1, isReused: false })
    if (clipId === null) return id
    await catalog.scripts.assignClip(id, { clipId, owner: 'me' })
    await catalog.scripts.end(id, { state: 'joined', endedAt: NOW })
    return id
  }

  describe('deletions', () => {
    it('leave a tombstone without what was noted, said or known of where it is', async () => {
      const catalog = await open()
      const { id, cid } = await storedClip(catalog, noted)
      await catalog.clips.noteSpeech(id, { spokenBy: { vendor: 'v', voiceId: 'v', modelId: 'm' } })
      expect(await catalog.deletions.request(id, request)).toBe('deleted')
      expect(await catalog.clips.find(id)).toMatchObject({
        ...{ state: 'deleted', deletedAt: NOW + 10_000, madeBy: 'a key', cid },
        ...{ label: null, metadata: null, speech: null, permanentUrl: null, provider: null, ipfsHash: null },
        ...{ storedAt: null, hasLocalBytes: true },
      })
      expect(await catalog.pins.ofClip(id)).toEqual([])
      expect(await catalog.pins.clipOf(cid as string)).toBeNull()
      expect(await catalog.deletions.hasContent(cid as string)).toBe(true)
      expect(await catalog.deletions.hasContent('bafkother')).toBe(false)
      expect(await catalog.deletions.ofClip(id)).toMatchObject([
        {
          ...{ clipId: id, requestedBy: 'maker', requestedAt: NOW + 10_000, doneAt: null, failedRounds: 0 },
          targets: [{ provider: 'pinata', cid, outcome: 'pinned', error: null }],
        },
      ])
    })

    it('forget all that leads to the clip: its request, its repeated call, its messages, its replicas', async () => {
      const catalog = await open()
      const { id } = await storedClip(catalog)
      const claim = { hash: 'h', clipId: id, owner: 'o', now: NOW, notBefore: 0, expiresAt: NOW }
      await catalog.requests.claim(claim)
      const key = { key: 'k', fingerprint: 'f', now: NOW, lease, clipId: id }
      await catalog.idempotencyKeys.claim(key)
      await catalog.replications.want(3, NOW)
      await catalog.deletions.request(id, request)
      expect(await catalog.requests.claim({ ...claim, clipId: 'b' })).toEqual({ status: 'ours' })
      expect(await catalog.idempotencyKeys.claim({ ...key, clipId: 'b' })).toEqual({ status: 'ours' })
      expect(await catalog.replications.count()).toBe(0)
      expect(await catalog.webhooks.claim({ limit: 9, now: NOW + 90_000, lease })).toEqual([])
    })

    it('are no answer to a key whose call was given the clip at that very moment', async () => {
      const catalog = await open()
      const clip = await storedClip(catalog, noted)
      const key = { key: 'k', fingerprint: 'f', now: NOW, lease, clipId: 'another' }
      await catalog.idempotencyKeys.claim(key)
      await catalog.deletions.request(clip.id, request)
      await catalog.idempotencyKeys.answer('k', clip as VocalizedClip)
      expect(await catalog.idempotencyKeys.claim(key)).toEqual({ status: 'ours' })
      const later = await catalog.idempotencyKeys.claim({ ...key, now: NOW + 1 })
      expect(later).toEqual({ status: 'abandoned', clipId: 'another' })
    })

    it.each([
      ['waits for IPFS', waitingClip],
      ['is stored', storedClip],
      ['is delivered', provenClip],
      [
        'has expired',
        async (catalog: Catalog) => {
          const clip = await waitingClip(catalog, { created: { expiresAt: NOW } })
          await catalog.clips.expire(clip.id, { error: 'late', now: NOW })
          return clip
        },
      ],
    ])('are of any clip that %s, and keep the totals right', async (_, make) => {
      const catalog = await open()
      const { id } = await make(catalog)
      expect(await catalog.deletions.request(id, request)).toBe('deleted')
      expect(await catalog.totals()).toEqual({ heldClips: 1, heldBytes: 800, waitingClips: 0 })
      await catalog.clips.markBytesDeleted(id)
      expect(await catalog.totals()).toEqual({ heldClips: 0, heldBytes: 0, waitingClips: 0 })
    })

    it('are of no clip that is being spoken, that is unknown, or that is the file of captions', async () => {
      const catalog = await open()
      const speaking = newClip()
      await catalog.clips.reserve(speaking, noLimit)
      expect(await catalog.deletions.request(speaking.id, request)).toBe('speaking')
      expect(await catalog.deletions.request('unknown', request)).toBe('unknown')
      const { clip } = await withCaptions(catalog)
      expect(await catalog.deletions.request(captionsIdOf(clip.id), request)).toBe('unknown')
    })

    it('take the captions along, and their file', async () => {
      const catalog = await open()
      const { clip, fileId } = await withCaptions(catalog)
      await catalog.clips.store(fileId, { ...storedFacts, provider: 'kubo', ipfsHash: 'bafkcaptions' })
      await catalog.deletions.request(clip.id, request)
      expect(await catalog.captions.find(clip.id)).toBeNull()
      expect(await catalog.clips.find(fileId)).toMatchObject({ state: 'deleted' })
      expect(await catalog.deletions.ofClip(clip.id)).toMatchObject([
        { clipId: clip.id, targets: [{ provider: 'pinata' }] },
        { clipId: fileId, targets: [{ provider: 'kubo', cid: 'bafkcaptions' }] },
      ])
      const file = { of: clip, cid: 'bafkcaptions', sizeBytes: 50, now: NOW, expiresAt: NOW }
      expect(await catalog.captions.file(file, noLimit)).toBe('known')
    })

    it('take the pieces of a script along that were spoken for it alone', async () => {
      const catalog = await open()
      const [own, shared, joined] = [
        await storedClip(catalog),
        await storedClip(catalog),
        await storedClip(catalog),
      ]
      const scriptId = await scriptOf(catalog, [own.id, shared.id], joined.id)
      await scriptOf(catalog, [shared.id], null)
      expect(await catalog.deletions.request(own.id, request)).toBe('deleted')
      expect(await catalog.deletions.request(shared.id, request)).toBe('in_script')
      expect(await catalog.deletions.request(joined.id, request)).toBe('deleted')
      const states = [own, shared, joined].map(({ id }) => catalog.clips.find(id))
      expect(await Promise.all(states)).toMatchObject([
        { state: 'deleted' },
        { state: 'stored' },
        { state: 'deleted' },
      ])
      expect(await catalog.scripts.find(scriptId)).toMatchObject({ label: null })
    })

    it('name every provider that was sent the clip and may hold it', async () => {
      const catalog = await open()
      const { id, cid } = await waitingClip(catalog)
      const attempt = (provider: string) =>
        catalog.attempts.begin({ clipId: id, provider, trigger: 'request', startedAt: NOW })
      const end = { outcome: 'failed', durationMs: 1 } as const
      await attempt('running')
      await catalog.attempts.end(await attempt('lost'), 'lost', { ...end, mayHaveStored: true })
      await catalog.attempts.end(await attempt('refused'), 'refused', end)
      await catalog.deletions.request(id, request)
      await attempt('late')
      const targets = await catalog.deletions.targets(id, [{ provider: 'lost', cid: 'bafklegacy' }])
      expect(targets.map(({ provider, cid: name }) => [provider, name])).toEqual([
        ['late', cid],
        ['lost', 'bafklegacy'],
        ['lost', cid],
        ['running', cid],
      ])
    })

    it('are claimed by one at a time, and are due again at their date', async () => {
      const catalog = await openMany(subject)
      const { id } = await storedClip(catalog(0))
      await catalog(0).deletions.request(id, request)
      const claims = await Promise.all(HUNDRED.map((index) => catalog(index).deletions.claim(due)))
      expect(claims.filter(Boolean)).toHaveLength(1)
      expect(await catalog(0).deletions.renew(id, { ...lease, owner: 'another' })).toBe(false)
      expect(await catalog(0).deletions.renew(id, lease)).toBe(true)
      await catalog(0).deletions.postpone(id, { error: 'down', nextAttemptAt: NOW + 50_000 })
      expect(await catalog(1).deletions.claim(due)).toBeUndefined()
      const later = { now: NOW + 50_000, lease }
      expect(await catalog(1).deletions.claim({ ...later, clipId: 'other' })).toBeUndefined()
      expect(await catalog(1).deletions.claim(later)).toMatchObject({
        clipId: id,
        failedRounds: 1,
        lastError: 'down',
      })
    })

    it('are done once nobody is left to be asked, and tell the receiver of webhooks so', async () => {
      const catalog = await open()
      const { id } = await storedClip(catalog)
      await catalog.deletions.request(id, request)
      expect(await catalog.deletions.finish(id, NOW + 30_000)).toBe(false)
      const [target] = await catalog.deletions.targets(id)
      await catalog.deletions.settle({ ...(target as NonNullable<typeof target>), outcome: 'unpinned' })
      expect(await catalog.deletions.count()).toBe(1)
      expect(await catalog.deletions.finish(id, NOW + 30_000)).toBe(true)
      expect(await catalog.deletions.finish(id, NOW + 31_000)).toBe(false)
      expect(await catalog.deletions.count()).toBe(0)
      expect(await catalog.deletions.claim({ ...due, now: NOW + 90_000 })).toBeUndefined()
      const messages = await catalog.webhooks.claim({ limit: 9, now: NOW + 90_000, lease })
      expect(messages).toMatchObject([{ type: 'clip.deleted', clipId: id }])
    })

    it('go on where a provider has taken the clip meanwhile, however that is recorded', async () => {
      const catalog = await open()
      const { id } = await waitingClip(catalog)
      await catalog.deletions.request(id, request)
      expect(await catalog.deletions.finish(id, NOW + 30_000)).toBe(true)
      expect(await catalog.clips.store(id, storedFacts)).toBe(false)
      expect(await catalog.clips.find(id)).toMatchObject({ state: 'deleted', permanentUrl: null })
      await catalog.pins.add({ clipId: id, provider: 'kubo', cid: 'bafk', pinnedAt: NOW })
      expect(await catalog.pins.ofClip(id)).toEqual([])
      expect(await catalog.deletions.ofClip(id)).toMatchObject([
        { doneAt: null, targets: [{ provider: 'kubo', outcome: 'pinned' }, { provider: 'pinata' }] },
      ])
    })

    it('try again what was kept, when they are asked for again', async () => {
      const catalog = await open()
      const { id } = await storedClip(catalog)
      await catalog.deletions.request(id, request)
      const [target] = await catalog.deletions.targets(id)
      const kept = { ...(target as NonNullable<typeof target>), outcome: 'kept', error: 'no way' } as const
      await catalog.deletions.settle(kept)
      await catalog.deletions.finish(id, NOW + 30_000)
      expect(await catalog.deletions.request(id, { by: 'operator', now: NOW + 40_000 })).toBe('deleted')
      expect(await catalog.deletions.ofClip(id)).toMatchObject([
        { requestedBy: 'maker', doneAt: null, targets: [{ outcome: 'pinned', error: null }] },
      ])
      // What has come to its end stays there.
      await catalog.deletions.settle({ ...kept, outcome: 'unpinned' })
      await catalog.deletions.finish(id, NOW + 50_000)
      await catalog.deletions.request(id, { by: 'operator', now: NOW + 60_000 })
      expect(await catalog.deletions.ofClip(id)).toMatchObject([{ doneAt: NOW + 50_000 }])
    })

    it('leave pins to the last clip with the same content, also where that only expires', async () => {
      const catalog = await open()
      const [first, second] = [
        await storedClip(catalog),
        await waitingClip(catalog, { created: { expiresAt: NOW } }),
      ]
      await catalog.deletions.request(first.id, request)
      expect(await catalog.deletions.isShared(first.id)).toBe(true)
      expect(await catalog.deletions.hasContent(first.cid as string)).toBe(false)
      const [target] = await catalog.deletions.targets(first.id)
      await catalog.deletions.settle({ ...(target as NonNullable<typeof target>), outcome: 'shared' })
      expect(await catalog.deletions.finish(first.id, NOW + 30_000)).toBe(true)
      await catalog.clips.expire(second.id, { error: 'late', now: NOW + 40_000 })
      expect(await catalog.deletions.ofClip(first.id)).toMatchObject([
        { doneAt: null, targets: [{ outcome: 'pinned' }] },
      ])
      const third = await storedClip(catalog)
      await catalog.deletions.settle({ ...(target as NonNullable<typeof target>), outcome: 'shared' })
      await catalog.deletions.request(third.id, request)
      expect(await catalog.deletions.isShared(third.id)).toBe(false)
      expect(await catalog.deletions.targets(third.id)).toMatchObject([
        { provider: 'pinata', outcome: 'pinned' },
      ])
    })

    it('have those who share the content read back at once', async () => {
      const catalog = await open()
      const [first, second] = [await storedClip(catalog), await provenClip(catalog)]
      await catalog.deletions.request(first.id, request)
      await catalog.deletions.doubtSharers(first.id, 'kubo', NOW + 1)
      expect(await catalog.pins.ofClip(second.id)).toMatchObject([{ readBackAt: null }])
      await catalog.deletions.doubtSharers(first.id, 'pinata', NOW + 1)
      expect(await catalog.pins.ofClip(second.id)).toMatchObject([{ readBackAt: NOW + 1 }])
    })
  })

  async function withCaptions(catalog: Catalog) {
    const clip = newClip()
    await catalog.clips.reserve(clip, noLimit)
    await catalog.captions.keep(clip.id, { cid: 'bafkcaptions', alignment: 'packed' })
    await catalog.clips.stage(clip.id, stagedFacts())
    await catalog.clips.store(clip.id, storedFacts)
    const of = { id: clip.id, requestId: clip.requestId, voiceId: clip.voiceId }
    await catalog.captions.file({ of, cid: 'bafkcaptions', sizeBytes: 50, now: NOW, expiresAt: NOW }, noLimit)
    return { clip, fileId: captionsIdOf(clip.id) }
  }
}
