import { describe, expect, it } from 'vitest'
import { newClipId } from '#lib/model/clip.ts'
import { NOW, type Subject, storedFacts, waitingClip } from './catalog-subject.ts'

/** What every catalog says of changes. */
export function describeChanges({ prepare }: Subject) {
  describe('the changes', () => {
    it('have another mark after each commit, whether of this process or of another one', async () => {
      const connect = await prepare()
      const [own, other] = [connect(), connect()]
      const marks = [await own.changes.mark()]
      await waitingClip(own)
      marks.push(await own.changes.mark())
      await waitingClip(other)
      marks.push(await own.changes.mark())
      await other.counters.add([{ name: 'clips_expired', value: 1 }])
      marks.push(await own.changes.mark())
      expect(new Set(marks).size).toBe(4)
    })

    it('give a clip another version at each step of its life that a watcher sees', async () => {
      const catalog = await (await prepare())()
      const { id } = await waitingClip(catalog)
      const lease = { owner: 'me', expiresAt: NOW + 90_000 }
      const seen: (string | undefined)[] = []
      const look = async () => seen.push((await catalog.changes.versions('clips', [id])).get(id))
      await look()
      await catalog.queue.claim({ limit: 1, now: NOW + 60_000, lease, dueOnly: false })
      await look()
      const attempt = { clipId: id, provider: 'pinata', trigger: 'request', startedAt: NOW } as const
      const attemptId = (await catalog.attempts.beginUnderLease(attempt, lease)) ?? 0
      await look()
      await catalog.attempts.end(attemptId, 'pinata', { outcome: 'stored', durationMs: 5 })
      await look()
      await catalog.clips.store(id, storedFacts)
      await look()
      expect(new Set(seen).size).toBe(5)
      await look()
      expect(seen.at(-1)).toBe(seen.at(-2))
    })

    it('tell records apart, and leave out those that do not exist', async () => {
      const catalog = await (await prepare())()
      const [one, another] = [await waitingClip(catalog), await waitingClip(catalog)]
      const versions = await catalog.changes.versions('clips', [one.id, another.id, newClipId()])
      expect([...versions.keys()].sort()).toEqual([one.id, another.id].sort())
      expect(await catalog.changes.versions('scripts', [one.id])).toEqual(new Map())
    })
  })
}
