import { describe, expect, it } from 'vitest'
import type { CaptionsFile } from '#lib/catalog/captions.ts'
import { type Clip, captionsIdOf } from '#lib/model/clip.ts'
import {
  HOUR_MS,
  NOW,
  newClip,
  noLimit,
  type Subject,
  stagedFacts,
  storedClip,
  storedFacts,
} from './catalog-subject.ts'

/** The captions of clips, in every catalog. */
export function describeCaptions(subject: Subject) {
  const open = async () => (await subject.prepare())()
  const captions = { cid: 'bafkcaptions', alignment: 'packed' }
  const fileOf = (of: Clip, changes: Partial<CaptionsFile> = {}): CaptionsFile => ({
    of,
    cid: 'bafkcaptions',
    sizeBytes: 50,
    now: NOW,
    expiresAt: NOW + HOUR_MS,
    ...changes,
  })

  describe('captions', () => {
    const storedWithCaptions = async () => {
      const catalog = await open()
      const clip = newClip()
      await catalog.clips.reserve(clip, noLimit)
      await catalog.captions.keep(clip.id, { cid: 'first', alignment: 'first' })
      await catalog.captions.keep(clip.id, captions)
      await catalog.clips.stage(clip.id, stagedFacts())
      await catalog.clips.store(clip.id, storedFacts)
      return { catalog, clip: (await catalog.clips.find(clip.id)) as Clip }
    }

    it('become those of the clip once it is staged, and stay with its record', async () => {
      const { catalog, clip } = await storedWithCaptions()
      expect(clip.captionsCid).toBe('bafkcaptions')
      expect(await catalog.captions.find(clip.id)).toEqual(captions)
      expect(await catalog.captions.find('unknown')).toBeNull()
      expect((await storedClip(catalog)).captionsCid).toBeNull()
    })

    it('go with the record of a text that could not be spoken, and with a clip that expired', async () => {
      const catalog = await open()
      const [failed, late] = [newClip(), newClip()]
      for (const clip of [failed, late]) {
        await catalog.clips.reserve(clip, noLimit)
        await catalog.captions.keep(clip.id, captions)
      }
      await catalog.clips.discard(failed.id)
      await catalog.clips.stage(late.id, stagedFacts())
      await catalog.clips.discard(late.id)
      expect(await catalog.captions.find(failed.id)).toBeNull()
      expect(await catalog.captions.find(late.id)).toEqual(captions)
      await catalog.clips.expire(late.id, { error: 'late', now: NOW + HOUR_MS })
      expect(await catalog.captions.find(late.id)).toBeNull()
    })

    it('become a file that waits for IPFS once the clip is stored, and only once', async () => {
      const { catalog, clip } = await storedWithCaptions()
      const waiting = newClip()
      await catalog.clips.reserve(waiting, noLimit)
      await catalog.captions.keep(waiting.id, captions)
      await catalog.clips.stage(waiting.id, stagedFacts())

      expect(await catalog.captions.unfiled({ limit: 10 })).toEqual([clip.id])
      expect(await catalog.captions.file(fileOf(clip), 10)).toBe('full')
      expect(await catalog.captions.file(fileOf(clip, { cid: 'bafkother' }), noLimit)).toBe('filed')
      expect(await catalog.captions.file(fileOf(clip), noLimit)).toBe('known')
      expect(await catalog.captions.unfiled({ limit: 10 })).toEqual([])
      expect(await catalog.clips.find(clip.id)).toMatchObject({ captionsCid: 'bafkother' })
      expect(await catalog.clips.find(captionsIdOf(clip.id))).toMatchObject({
        captionsOf: clip.id,
        state: 'pending',
        cid: 'bafkother',
        mimeType: 'text/vtt',
        fileExtension: 'vtt',
        sizeBytes: 50,
        hasLocalBytes: true,
      })
    })

    it('as a file are no clip that is counted, listed or told of, and become one again where they expire', async () => {
      const { catalog, clip } = await storedWithCaptions()
      const before = await catalog.counters.read()
      const lease = { owner: 'me', expiresAt: NOW + 2 * HOUR_MS }
      const told = async () => (await catalog.webhooks.claim({ limit: 10, now: NOW + HOUR_MS, lease })).length
      await told()
      await catalog.captions.file(fileOf(clip), noLimit)
      const id = captionsIdOf(clip.id)
      expect(await catalog.clipList.count({ list: 'pending' }, 10)).toBe(0)
      expect(await catalog.attention.ending(10)).toEqual({ clips: 0, firstAt: undefined })
      await catalog.clips.expire(id, { error: 'late', now: NOW + HOUR_MS })
      expect(await catalog.captions.unfiled({ limit: 10 })).toEqual([clip.id])
      expect(await catalog.captions.file(fileOf(clip, { now: NOW + HOUR_MS }), noLimit)).toBe('filed')
      expect(await catalog.clips.find(id)).toMatchObject({ state: 'pending', nextAttemptAt: NOW + HOUR_MS })

      await catalog.clips.store(id, storedFacts)
      const { clips } = await catalog.clipList.page({ list: 'stored', limit: 10 })
      expect(clips.map((listed) => listed.id)).toEqual([clip.id])
      const span = { from: NOW, to: NOW + HOUR_MS, stepMs: HOUR_MS }
      expect(await catalog.stats.states(span)).toEqual({ waiting: 0, stored: 1, expired: 0 })
      expect(await catalog.stats.timesToIpfs(span)).toHaveLength(1)
      expect(await catalog.counters.read()).toEqual(before)
      expect(await told()).toBe(0)
    })
  })
}
