import { describe, expect, it } from 'vitest'
import type { Catalog } from '#lib/catalog/catalog.ts'
import type { NewScript } from '#lib/catalog/scripts.ts'
import { newScriptId } from '#lib/model/script.ts'
import { DAY_MS } from '#lib/platform/units.ts'
import { HOUR_MS, HUNDRED, NOW, openMany, type Subject, storedFacts, waitingClip } from './catalog-subject.ts'

const lease = { owner: 'one', expiresAt: NOW + 15_000 }

function newScript(overrides: Partial<NewScript> = {}): NewScript {
  return {
    id: newScriptId(),
    requestId: 'request-1',
    caller: 'key:1',
    reuseScope: null,
    request: '{"turns":[]}',
    characters: 30,
    pieceCount: 3,
    idempotencyKey: null,
    fingerprint: null,
    createdAt: NOW,
    ...overrides,
  }
}

const pieces = [0, 1, 2].map((number) => ({
  number,
  turn: 0,
  textStart: number * 10,
  textLength: 10,
  characters: 10,
}))

async function create({ scripts }: Catalog, overrides: Partial<NewScript> = {}): Promise<string> {
  const script = newScript(overrides)
  await scripts.create(script, pieces)
  return script.id
}

/** The scripts of every catalog: one process at a time works on each, and only that changes it. */
export function describeScripts(subject: Subject) {
  const open = async () => (await subject.prepare())()

  describe('scripts', () => {
    it('are found as they were created, with their pieces in order', async () => {
      const catalog = await open()
      const id = await create(catalog)
      const unspoken = { clipId: null, isSpoken: false, isReused: false, durationMs: null, lostAttempts: 0 }
      expect(await catalog.scripts.find(id)).toEqual({
        ...{ id, state: 'speaking', requestId: 'request-1', caller: 'key:1', reuseScope: null },
        ...{ characters: 30, pieceCount: 3, spokenPieces: 0, spokenCharacters: 0, clipId: null },
        ...{ createdAt: NOW, endedAt: null, failedRounds: 0, nextAttemptAt: NOW },
        ...{ lastError: null, errorCode: null, label: null, metadata: null },
      })
      expect(await catalog.scripts.piecesOf(id)).toEqual(pieces.map((piece) => ({ ...piece, ...unspoken })))
      expect(await catalog.scripts.find('unknown')).toBeNull()
    })

    it('grow and shrink at their end under the lease that they were created with, and only so', async () => {
      const { scripts } = await open()
      const { id } = newScript()
      await scripts.create(newScript({ id, characters: 0, pieceCount: 0 }), [], lease)
      expect(await scripts.claim({ now: NOW, lease: { ...lease, owner: 'two' } })).toBeUndefined()
      const last = {
        piece: { ...(pieces[0] as (typeof pieces)[0]), clipId: 'clip' },
        request: '{"turns":[1]}',
      }
      expect(await scripts.append(id, { ...last, owner: 'two' })).toBe(false)
      expect(await scripts.append(id, { ...last, owner: 'one' })).toBe(true)
      expect(await scripts.find(id)).toMatchObject({ characters: 10, pieceCount: 1, spokenPieces: 0 })
      expect(await scripts.piecesOf(id)).toMatchObject([{ number: 0, clipId: 'clip', isSpoken: false }])
      expect(await scripts.dropLast(id, { ...last, owner: 'two' })).toBe(false)
      expect(await scripts.dropLast(id, { ...last, request: '{"turns":[]}', owner: 'one' })).toBe(true)
      expect(await scripts.find(id)).toMatchObject({ characters: 0, pieceCount: 0 })
      await scripts.append(id, { ...last, owner: 'one' })
      await scripts.finishPiece(id, { number: 0, clipId: 'clip', durationMs: 5, isReused: false })
      expect(await scripts.dropLast(id, { ...last, owner: 'one' })).toBe(false)
      await scripts.giveBack(id, { owner: 'one', now: NOW })
      const claimed = await scripts.claim({ now: NOW, lease: { ...lease, owner: 'two' } })
      expect(claimed).toMatchObject({ id, request: '{"turns":[1]}', pieceCount: 1, spokenPieces: 1 })
    })

    it('are created once under a key within a day, however many ask at once', async () => {
      const catalog = await openMany(subject)
      const keyed = { idempotencyKey: 'k', fingerprint: 'f' }
      const created = await Promise.all(
        HUNDRED.slice(0, 8).map((index) => catalog(index).scripts.create(newScript(keyed), pieces)),
      )
      expect(created.filter(Boolean)).toHaveLength(1)
      expect(await catalog(0).scripts.findByKey('k', NOW + DAY_MS - 1)).toMatchObject({ fingerprint: 'f' })
      expect(await catalog(0).scripts.findByKey('k', NOW + DAY_MS)).toBeUndefined()
      const nextDay = newScript({ ...keyed, createdAt: NOW + DAY_MS })
      expect(await catalog(1).scripts.create(nextDay, pieces)).toBe(true)
      expect(await catalog(1).scripts.findByKey('k', NOW + DAY_MS)).toMatchObject({ id: nextDay.id })
    })

    it('are each claimed by one process, with their text, the oldest date first', async () => {
      const catalog = await openMany(subject)
      const later = await create(catalog(0), { createdAt: NOW + 10 })
      const sooner = await create(catalog(0))
      const claim = (index: number, now: number) =>
        catalog(index).scripts.claim({ now, lease: { owner: `${index}`, expiresAt: now + 15_000 } })
      expect(await claim(0, NOW)).toMatchObject({ id: sooner, request: '{"turns":[]}', spokenPieces: 0 })
      const claims = await Promise.all(HUNDRED.slice(0, 8).map((index) => claim(index, NOW + 20)))
      expect(claims.flatMap((script) => script?.id ?? [])).toEqual([later])
    })

    it('are changed under the lease alone', async () => {
      const catalog = await open()
      const id = await create(catalog)
      await catalog.scripts.claim({ now: NOW, lease })
      const assigned = (owner: string) => catalog.scripts.assignPiece(id, { number: 0, clipId: 'c', owner })
      expect([await assigned('two'), await assigned('one')]).toEqual([false, true])
      const joined = (owner: string) => catalog.scripts.assignClip(id, { clipId: 'j', owner })
      expect([await joined('two'), await joined('one')]).toEqual([false, true])
      const end = { state: 'joined', endedAt: NOW } as const
      expect(await catalog.scripts.end(id, { ...end, owner: 'two' })).toBe(false)
      expect(await catalog.scripts.end(id, { ...end, owner: 'one' })).toBe(true)
      expect([await assigned('one'), await joined('one')]).toEqual([false, false])
      expect(await catalog.scripts.findByClip('j')).toMatchObject({ id, state: 'joined', endedAt: NOW })
    })

    it('count what is spoken of them, and forget their failures with it', async () => {
      const catalog = await open()
      const id = await create(catalog)
      await catalog.scripts.claim({ now: NOW, lease })
      const failed = { owner: 'one', error: 'no', errorCode: 'speech_quota_exceeded' }
      await catalog.scripts.postpone(id, { ...failed, nextAttemptAt: NOW + 1000 })
      expect(await catalog.scripts.find(id)).toMatchObject({ failedRounds: 1, lastError: 'no' })
      expect(await catalog.scripts.claim({ now: NOW + 999, lease })).toBeUndefined()
      await catalog.scripts.claim({ now: NOW + 1000, lease })
      await catalog.scripts.finishPiece(id, { number: 1, clipId: 'c', durationMs: 700, isReused: true })
      const progress = { spokenPieces: 1, spokenCharacters: 10, failedRounds: 0, lastError: null }
      expect(await catalog.scripts.find(id)).toMatchObject(progress)
      const spoken = { clipId: 'c', isSpoken: true, isReused: true, durationMs: 700 }
      expect((await catalog.scripts.piecesOf(id))[1]).toMatchObject(spoken)
      expect([await catalog.scripts.countLost(id, 2), await catalog.scripts.countLost(id, 2)]).toEqual([1, 2])
    })

    it('are given back by a process that stops, and go on while their lease is renewed', async () => {
      const catalog = await open()
      const id = await create(catalog)
      const claim = async (now: number, owner = 'two') =>
        (await catalog.scripts.claim({ now, lease: { owner, expiresAt: now + 15_000 } }))?.id
      await claim(NOW, 'one')
      await catalog.scripts.renew([id], { owner: 'one', expiresAt: NOW + 60_000 })
      await catalog.scripts.renew([id], { owner: 'two', expiresAt: NOW + 90_000 })
      expect(await catalog.scripts.owners()).toEqual(['one'])
      expect(await claim(NOW + 59_000)).toBeUndefined()
      expect(await claim(NOW + 60_000)).toBe(id)
      await catalog.scripts.release('two')
      expect(await catalog.scripts.owners()).toEqual([])
      expect(await claim(NOW + 60_000)).toBe(id)
      await catalog.scripts.giveBack(id, { owner: 'two', now: NOW + 61_000 })
      expect([await claim(NOW + 60_500), await claim(NOW + 61_000)]).toEqual([undefined, id])
    })

    it('keep the clips that they need from ending, until they have ended themselves', async () => {
      const catalog = await open()
      const id = await create(catalog)
      const [needed, other] = [await waitingClip(catalog), await waitingClip(catalog)]
      await catalog.scripts.claim({ now: NOW, lease })
      const piece = { number: 0, clipId: needed.id, durationMs: 700, isReused: false }
      await catalog.scripts.finishPiece(id, piece)
      const timeOf = async (clipId: string) => (await catalog.clips.find(clipId))?.expiresAt
      await catalog.scripts.keepPieces(NOW + 9 * HOUR_MS)
      await catalog.scripts.keepPieces(NOW + 2 * HOUR_MS)
      expect(await timeOf(needed.id)).toBe(NOW + 9 * HOUR_MS)
      expect(await timeOf(other.id)).toBe(other.expiresAt)
      await catalog.scripts.end(id, { state: 'failed', endedAt: NOW, error: 'no', errorCode: 'expired' })
      await catalog.scripts.keepPieces(NOW + 20 * HOUR_MS)
      expect(await timeOf(needed.id)).toBe(NOW + 9 * HOUR_MS)
    })

    it('have a webhook recorded when their joined clip is stored, whose characters count once', async () => {
      const catalog = await open()
      const id = await create(catalog)
      await catalog.scripts.claim({ now: NOW, lease })
      const clip = newJoined()
      await catalog.scripts.assignClip(id, { clipId: clip.id, owner: 'one' })
      await waitingClip(catalog, { created: clip })
      await catalog.clips.store(clip.id, storedFacts)
      const messages = await catalog.webhooks.claim({ limit: 10, now: NOW + 30_000, lease })
      expect(messages.map(({ type, clipId }) => [type, clipId]).toSorted()).toEqual([
        ['clip.stored', clip.id],
        ['script.stored', clip.id],
      ])
      expect((await catalog.counters.read()).characters_spoken).toBeUndefined()
    })
  })
}

const newJoined = () => ({ id: newScriptId() })
