import { describe, expect, it } from 'vitest'
import { newClipId } from '#lib/model/clip.ts'
import {
  HOUR_MS,
  NOW,
  newClip,
  noLimit,
  type Subject,
  stagedFacts,
  storedClip,
  storedFacts,
  waitingClip,
} from './catalog-subject.ts'

/** The life of a clip in every catalog. */
export function describeClips({ prepare }: Subject) {
  const open = async () => (await prepare())()

  describe('the life of a clip', () => {
    it('begins with what is known before a word is spoken', async () => {
      const { clips } = await open()
      const clip = newClip({ modelId: 'eleven_v3' })
      expect(await clips.reserve(clip, noLimit)).toBe(true)
      expect(await clips.find(clip.id)).toEqual({
        ...clip,
        state: 'speaking',
        hasLocalBytes: true,
        attempts: 0,
        failedRounds: 0,
        cid: null,
        mimeType: null,
        fileExtension: null,
        durationMs: null,
        spokenAt: null,
        speech: null,
        captionsCid: null,
        captionsOf: null,
        stagedAt: null,
        originalMimeType: null,
        originalSizeBytes: null,
        originalDurationMs: null,
        provider: null,
        ipfsHash: null,
        permanentUrl: null,
        storedAt: null,
        unprovenSince: null,
        madeBy: null,
        label: null,
        metadata: null,
        deletedAt: null,
        lastRoundAt: null,
        nextAttemptAt: null,
        lastError: null,
      })
    })

    it('begins once: a second one of the same id is refused', async () => {
      const { clips } = await open()
      const clip = newClip()
      expect(await clips.reserve(clip, noLimit)).toBe(true)
      expect(await clips.reserve({ ...clip, sizeBytes: 1, leaseOwner: 'second' }, noLimit)).toBe(false)
      expect(await clips.find(clip.id)).toMatchObject({ sizeBytes: 1000, leaseOwner: 'speaker' })
    })

    it('is unknown where there is no record', async () => {
      const { clips } = await open()
      expect(await clips.find(newClipId())).toBeNull()
    })

    it('says of many ids at once which have a record, and whether their bytes should be here', async () => {
      const catalog = await open()
      const waiting = await waitingClip(catalog)
      const gone = await storedClip(catalog)
      await catalog.clips.markBytesDeleted(gone.id)
      const others = Array.from({ length: 600 }, newClipId)
      expect(await catalog.clips.localAmong([...others, waiting.id, gone.id])).toEqual(
        new Map([
          [waiting.id, true],
          [gone.id, false],
        ]),
      )
      expect(await catalog.clips.localAmong([])).toEqual(new Map())
    })

    it('is staged with its bytes, under the lease of who uploads them', async () => {
      const { clips } = await open()
      const clip = newClip()
      await clips.reserve(clip, noLimit)
      const facts = stagedFacts({ leaseOwner: 'uploader', leaseExpiresAt: NOW + 90_000 })
      expect(await clips.stage(clip.id, facts)).toMatchObject({
        ...facts,
        state: 'staged',
        hasLocalBytes: true,
        nextAttemptAt: facts.stagedAt,
      })
    })

    it('keeps who spoke it through every later state', async () => {
      const catalog = await open()
      const speech = {
        spokenBy: { vendor: 'local', voiceId: 'slt', modelId: 'flite' },
        omittedCharacters: ['日', '"'],
      }
      const { id } = await waitingClip(catalog, { staged: { speech } })
      await catalog.clips.store(id, storedFacts)
      expect(await catalog.clips.find(id)).toMatchObject({ state: 'stored', speech })
    })

    it('cannot be staged without a record', async () => {
      const { clips } = await open()
      expect(await clips.stage(newClipId(), stagedFacts())).toBeNull()
    })

    it('cannot be staged twice: the first bytes stay, and their characters count once', async () => {
      const catalog = await open()
      const { id } = await waitingClip(catalog, { created: { characters: 20 } })
      expect(await catalog.clips.stage(id, stagedFacts({ cid: 'another' }))).toMatchObject({
        cid: 'bafkreiexample',
      })
      expect((await catalog.counters.read()).characters_spoken).toEqual({ '': 20 })
    })

    it('is stored by a provider, which ends its lease and its schedule', async () => {
      const { clips, ...catalog } = await open()
      const clip = await waitingClip({ clips, ...catalog }, { staged: { leaseOwner: 'me' } })
      expect(await clips.store(clip.id, storedFacts)).toBe(true)
      expect(await clips.find(clip.id)).toEqual({
        ...clip,
        ...storedFacts,
        unprovenSince: storedFacts.storedAt,
        state: 'stored',
        leaseOwner: null,
        leaseExpiresAt: null,
        nextAttemptAt: null,
        hasLocalBytes: true,
      })
    })

    it('is stored once: a second provider changes and counts nothing', async () => {
      const catalog = await open()
      const { id } = await storedClip(catalog)
      expect(await catalog.clips.store(id, { ...storedFacts, provider: 'kubo' })).toBe(false)
      expect(await catalog.clips.find(id)).toMatchObject({ provider: 'pinata' })
      expect((await catalog.counters.read()).clips_stored).toEqual({ pinata: 1 })
    })

    it('is stored once, though nine ask for it at once through three connections', async () => {
      const connect = await prepare()
      const catalogs = [connect(), connect(), connect()]
      for (const catalog of catalogs) await catalog.check()
      const ids: string[] = []
      for (let count = 0; count < 5; count += 1) ids.push((await waitingClip(connect())).id)
      const stored = ids.flatMap((id) =>
        Array.from({ length: 9 }, (_, index) => catalogs[index % 3]?.clips.store(id, storedFacts)),
      )
      expect((await Promise.all(stored)).filter(Boolean)).toHaveLength(5)
      expect(await connect().counters.read()).toMatchObject({
        clips_stored: { pinata: 5 },
        time_to_ipfs_count: { '': 5 },
      })
    })

    it('can be stored without ever being staged', async () => {
      const catalog = await open()
      const clip = newClip({ characters: 20 })
      await catalog.clips.reserve(clip, noLimit)
      const facts = { staged: stagedFacts(), stored: storedFacts, hasLocalBytes: false }
      expect(await catalog.clips.settle(clip.id, facts)).toBe(true)
      expect(await catalog.clips.settle(clip.id, facts)).toBe(false)
      expect(await catalog.clips.settle(newClipId(), facts)).toBe(false)
      expect(await catalog.clips.find(clip.id)).toMatchObject({
        ...storedFacts,
        state: 'stored',
        hasLocalBytes: false,
        sizeBytes: 800,
        leaseOwner: null,
      })
      const counters = await catalog.counters.read()
      expect(counters).toMatchObject({ characters_spoken: { '': 20 }, clips_stored: { pinata: 1 } })
    })

    it('gets the date of its next round when one has failed', async () => {
      const { clips, ...catalog } = await open()
      const lease = { leaseOwner: 'me', leaseExpiresAt: NOW + 1000 }
      const { id } = await waitingClip({ clips, ...catalog }, { staged: lease })
      const round = { leaseOwner: 'me', error: 'pinata: 500', lastRoundAt: NOW, nextAttemptAt: NOW + 1000 }
      expect(await clips.postpone(id, round)).toBe(true)
      expect(await clips.find(id)).toMatchObject({
        state: 'pending',
        failedRounds: 1,
        lastError: 'pinata: 500',
        lastRoundAt: NOW,
        nextAttemptAt: NOW + 1000,
        leaseOwner: null,
        leaseExpiresAt: null,
      })
    })

    it('is not postponed by a process that has lost its lease', async () => {
      const { clips, ...catalog } = await open()
      const lease = { leaseOwner: 'successor', leaseExpiresAt: NOW + 60_000 }
      const { id } = await waitingClip({ clips, ...catalog }, { staged: lease })
      const round = { leaseOwner: 'predecessor', error: 'late', lastRoundAt: NOW, nextAttemptAt: NOW }
      expect(await clips.postpone(id, round)).toBe(false)
      expect(await clips.find(id)).toMatchObject({ ...lease, state: 'staged', failedRounds: 0 })
    })

    it('once stored, is neither postponed nor expired', async () => {
      const { clips, ...catalog } = await open()
      const { id } = await storedClip({ clips, ...catalog })
      const round = { leaseOwner: 'me', error: 'late', lastRoundAt: NOW, nextAttemptAt: NOW }
      expect(await clips.postpone(id, round)).toBe(false)
      expect(await clips.expire(id, { error: 'late', now: NOW + HOUR_MS })).toBe(false)
      expect(await clips.find(id)).toMatchObject({ state: 'stored', lastError: null })
    })

    it('expires once, and is counted once', async () => {
      const catalog = await open()
      const { id } = await waitingClip(catalog)
      expect(await catalog.clips.expire(id, { error: 'nobody took it', now: NOW + HOUR_MS })).toBe(true)
      expect(await catalog.clips.expire(id, { error: 'again', now: NOW + HOUR_MS })).toBe(false)
      expect(await catalog.clips.find(id)).toMatchObject({
        state: 'expired',
        lastError: 'nobody took it',
        nextAttemptAt: null,
        hasLocalBytes: true,
      })
      expect((await catalog.counters.read()).clips_expired).toEqual({ '': 1 })
    })

    it('does not expire before its time', async () => {
      const { clips, ...catalog } = await open()
      const { id } = await waitingClip({ clips, ...catalog })
      expect(await clips.expire(id, { error: 'late', now: NOW + HOUR_MS - 1 })).toBe(false)
      expect(await clips.find(id)).toMatchObject({ state: 'staged' })
    })

    it('does not expire while somebody else has a lease on it', async () => {
      const { clips, ...catalog } = await open()
      const staged = { leaseOwner: 'me', leaseExpiresAt: NOW + 1000 }
      const { id } = await waitingClip({ clips, ...catalog }, { created: { expiresAt: NOW }, staged })
      expect(await clips.expire(id, { error: 'late', now: NOW })).toBe(false)
      expect(await clips.expire(id, { error: 'late', now: NOW, leaseOwner: 'another' })).toBe(false)
      expect(await clips.expire(id, { error: 'late', now: NOW, leaseOwner: 'me' })).toBe(true)
    })

    it('expires when the lease on it has run out', async () => {
      const { clips, ...catalog } = await open()
      const staged = { leaseOwner: 'dead', leaseExpiresAt: NOW + 1000 }
      const { id } = await waitingClip({ clips, ...catalog }, { created: { expiresAt: NOW }, staged })
      expect(await clips.expire(id, { error: 'late', now: NOW + 1000 })).toBe(true)
    })

    it('is stored where a provider took it while it expired', async () => {
      const { clips, ...catalog } = await open()
      const { id } = await waitingClip({ clips, ...catalog }, { created: { expiresAt: NOW } })
      await clips.expire(id, { error: 'late', now: NOW })
      await clips.markBytesDeleted(id)
      expect(await clips.store(id, storedFacts)).toBe(true)
      expect(await clips.find(id)).toMatchObject({ state: 'stored', hasLocalBytes: false, lastError: null })
    })

    it('is discarded only before there are bytes', async () => {
      const { clips, ...catalog } = await open()
      const speaking = newClip()
      await clips.reserve(speaking, noLimit)
      await clips.discard(speaking.id)
      expect(await clips.find(speaking.id)).toBeNull()
      const waiting = await waitingClip({ clips, ...catalog })
      await clips.discard(waiting.id)
      expect(await clips.find(waiting.id)).not.toBeNull()
    })

    it('keeps times as whole milliseconds, and sizes above 4 GiB', async () => {
      const { clips } = await open()
      const clip = newClip({ expiresAt: NOW + 100 * 365 * 24 * HOUR_MS, sizeBytes: 5 * 1024 ** 3 })
      await clips.reserve(clip, noLimit)
      const found = await clips.find(clip.id)
      for (const value of [found?.createdAt, found?.expiresAt, found?.leaseExpiresAt, found?.sizeBytes]) {
        expect(Number.isInteger(value)).toBe(true)
      }
      expect(found).toMatchObject({ expiresAt: clip.expiresAt, sizeBytes: clip.sizeBytes })
    })

    it('keeps quotes, control characters and emoji in a text', async () => {
      const { clips } = await open()
      const requestId = `O'Hara"; drop table clips; -- 🎤 \u0001 ${'x'.repeat(1000)}`
      const clip = newClip({ requestId })
      await clips.reserve(clip, noLimit)
      expect(await clips.find(clip.id)).toMatchObject({ requestId })
    })

    it('is recorded though the error of a provider has characters that no database takes', async () => {
      const { clips, attempts, ...catalog } = await open()
      const lease = { leaseOwner: 'me', leaseExpiresAt: NOW + 1000 }
      const { id } = await waitingClip({ clips, attempts, ...catalog }, { staged: lease })
      const error = 'pinata: \u0000 half a \ud83c character \uffff'
      const attempt = await attempts.begin({
        clipId: id,
        provider: 'pinata',
        trigger: 'cron',
        startedAt: NOW,
      })
      await attempts.end(attempt, 'pinata', { outcome: 'failed', durationMs: 1, error })
      const round = { leaseOwner: 'me', error, lastRoundAt: NOW, nextAttemptAt: NOW + 1000 }
      expect(await clips.postpone(id, round)).toBe(true)
      expect((await clips.find(id))?.lastError).toMatch(/^pinata: /)
      expect((await attempts.ofClip(id))[0]?.error).toMatch(/^pinata: /)
    })
  })
}
