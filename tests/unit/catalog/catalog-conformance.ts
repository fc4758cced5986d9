import { describe, expect, it } from 'vitest'
import { type Subject, storedClip } from './catalog-subject.ts'
import { describeClips } from './clips-conformance.ts'
import { describeEvents } from './events-conformance.ts'
import { describeHistory } from './history-conformance.ts'
import { describeJournal } from './journal-conformance.ts'
import { describePromises } from './promises-conformance.ts'
import { describeQueue } from './queue-conformance.ts'
import { describeReplicas } from './replicas-conformance.ts'
import { describeRoom } from './room-conformance.ts'

/** What every catalog must do, whatever database stands behind it. */
export function describeCatalog(subject: Subject) {
  describe(`${subject.title}, as a catalog`, () => {
    describeClips(subject)
    describeRoom(subject)
    describeQueue(subject)
    describeJournal(subject)
    describeHistory(subject)
    describePromises(subject)
    describeReplicas(subject)
    describeEvents(subject)

    it('proves that it can be read and written', async () => {
      const catalog = (await subject.prepare())()
      await catalog.check()
      expect((await catalog.stats.totals()).heldClips).toBe(0)
    })

    it('opens again after it was closed', async () => {
      const catalog = (await subject.prepare())()
      const { id } = await storedClip(catalog)
      await catalog.close()
      await catalog.close()
      expect(await catalog.clips.find(id)).toMatchObject({ id })
    })

    it('shows to one connection what another has written', async () => {
      const connect = await subject.prepare()
      const [one, two] = [connect(), connect()]
      await two.check()
      const { id } = await storedClip(one)
      expect(await two.clips.find(id)).toMatchObject({ id, state: 'stored' })
    })
  })
}
