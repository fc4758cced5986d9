import { describe, expect, it } from 'vitest'
import { describeAttempts } from './attempts-conformance.ts'
import { describeAttention } from './attention-conformance.ts'
import { describeBacklog } from './backlog-conformance.ts'
import { describeBudgets } from './budgets-conformance.ts'
import { describeByteBudget } from './byte-budget-conformance.ts'
import { describeCaptions } from './captions-conformance.ts'
import { type Subject, storedClip } from './catalog-subject.ts'
import { describeChanges } from './changes-conformance.ts'
import { describeClipList } from './clip-list-conformance.ts'
import { describeClips } from './clips-conformance.ts'
import { describeClock } from './clock-conformance.ts'
import { describeCounters } from './counters-conformance.ts'
import { describeDeletions } from './deletions-conformance.ts'
import { describeEvents } from './events-conformance.ts'
import { describeIdempotencyKeys } from './idempotency-conformance.ts'
import { describeIpni } from './ipni-conformance.ts'
import { describePins } from './pins-conformance.ts'
import { describeQueue } from './queue-conformance.ts'
import { describeRecords } from './records-conformance.ts'
import { describeReplications } from './replications-conformance.ts'
import { describeRequests } from './requests-conformance.ts'
import { describeScripts } from './scripts-conformance.ts'
import { describeSpeechAttempts } from './speech-attempts-conformance.ts'
import { describeStats } from './stats-conformance.ts'
import { describeTotals } from './totals-conformance.ts'
import { describeWebhooks } from './webhooks-conformance.ts'

/** What every catalog must do, whatever database stands behind it. */
export function describeCatalog(subject: Subject) {
  describe(`${subject.title}, as a catalog`, () => {
    describeAttempts(subject)
    describeAttention(subject)
    describeBacklog(subject)
    describeBudgets(subject)
    describeByteBudget(subject)
    describeCaptions(subject)
    describeChanges(subject)
    describeClipList(subject)
    describeDeletions(subject)
    describeRecords(subject)
    describeClips(subject)
    describeClock(subject)
    describeCounters(subject)
    describeEvents(subject)
    describeIdempotencyKeys(subject)
    describeIpni(subject)
    describePins(subject)
    describeQueue(subject)
    describeReplications(subject)
    describeRequests(subject)
    describeScripts(subject)
    describeSpeechAttempts(subject)
    describeStats(subject)
    describeTotals(subject)
    describeWebhooks(subject)

    it('can be checked, which changes nothing', async () => {
      const catalog = (await subject.prepare())()
      await catalog.check()
      expect((await catalog.totals()).heldClips).toBe(0)
    })

    it('opens again when it is used after it was closed', async () => {
      const catalog = (await subject.prepare())()
      const { id } = await storedClip(catalog)
      await catalog.close()
      await catalog.close()
      expect(await catalog.clips.find(id)).toMatchObject({ id })
    })

    it('shows one connection what another has written', async () => {
      const connect = await subject.prepare()
      const [one, two] = [connect(), connect()]
      await two.check()
      const { id } = await storedClip(one)
      expect(await two.clips.find(id)).toMatchObject({ id, state: 'stored' })
    })
  })
}
