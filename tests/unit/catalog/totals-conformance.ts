import { describe, expect, it } from 'vitest'
import { newClip, noLimit, type Subject, storedClip, waitingClip } from './catalog-subject.ts'

/** How much there is, in every catalog. */
export function describeTotals({ prepare }: Subject) {
  const open = async () => (await prepare())()

  describe('the totals', () => {
    it('are zero at first', async () => {
      const catalog = await open()
      expect(await catalog.totals()).toEqual({ heldClips: 0, heldBytes: 0, waitingClips: 0 })
    })

    it('say how many clips and bytes are held here, and how many clips wait for IPFS', async () => {
      const catalog = await open()
      await catalog.clips.reserve(newClip({ sizeBytes: 100 }), noLimit)
      await waitingClip(catalog)
      const { id } = await storedClip(catalog)
      expect(await catalog.totals()).toMatchObject({
        heldClips: 3,
        heldBytes: 1700,
        waitingClips: 1,
      })
      await catalog.clips.markBytesDeleted(id)
      expect(await catalog.totals()).toMatchObject({ heldClips: 2, heldBytes: 900 })
    })

    it('are the same for a new connection', async () => {
      const connect = await prepare()
      const first = connect()
      await storedClip(first)
      const before = await first.totals()
      await first.close()
      expect(await connect().totals()).toEqual(before)
    })
  })
}
