import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createCatalog } from '#lib/catalog/catalog.ts'
import type { ListFilter } from '#lib/catalog/clip-list.ts'
import { sqliteFile } from '#lib/catalog/sqlite.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { NOW, storedClip, waitingClip } from './catalog-subject.ts'

it.each([
  ['clips_claimable', 'a claim', (catalog: Catalog) => catalog.queue.claim(claim)],
  [
    'clips_claimable',
    'a claim by an operator',
    (catalog: Catalog) => catalog.queue.claim({ ...claim, dueOnly: false, notTriedSince: NOW }),
  ],
  [
    'clips_ending',
    'a claim of clips that are about to expire',
    (catalog: Catalog) => catalog.queue.claim({ ...claim, dueOnly: false, expiringBefore: NOW }),
  ],
  [
    'clips_ending',
    'the clips that are overdue',
    (catalog: Catalog) => catalog.backlog.overdue({ now: NOW, limit: 1 }),
  ],
  ['clips_claimable', 'the date of the next upload', (catalog: Catalog) => catalog.queue.nextDueAt()],
  ['clips_leased', 'the number of clips that wait', (catalog: Catalog) => catalog.queue.countWaiting(NOW)],
  [
    'clips_speaking',
    'clips that were being spoken when their process died',
    (catalog: Catalog) => catalog.backlog.abandoned(NOW),
  ],
  [
    'clips_settled',
    'clips whose bytes can be deleted',
    (catalog: Catalog) => catalog.backlog.evictable({ limit: 1 }),
  ],
  [
    'captions_unfiled',
    'captions of which no file was made yet',
    (catalog: Catalog) => catalog.captions.unfiled({ limit: 1 }),
  ],
  ['pins_by_check', 'an audit', (catalog: Catalog) => catalog.pins.claimCheck(check)],
  [
    'pins_to_read_back',
    'a claim of what is to be read back',
    (catalog: Catalog) => catalog.pins.claimReadBack({ now: NOW, dueBy: NOW, until: NOW + 1000 }),
  ],
  [
    'pins_to_read_back',
    'the date of the next reading back',
    (catalog: Catalog) => catalog.pins.nextReadBackAt(),
  ],
  [
    'clips_unproven',
    'clips that nobody is known to deliver',
    (catalog: Catalog) => catalog.backlog.unproven({ limit: 1, endedBefore: NOW }),
  ],
  ['clips_unproven', 'the number of unproven clips', (catalog: Catalog) => catalog.pins.countUnproven()],
  ['clips_lost', 'the number of lost clips', (catalog: Catalog) => catalog.pins.countUnproven()],
  [
    'clips_local',
    'clips whose bytes should be here',
    (catalog: Catalog) => Array.fromAsync(catalog.backlog.held()),
  ],
  [
    'webhooks_due',
    'a claim of webhooks',
    (catalog: Catalog) => catalog.webhooks.claim({ ...claim, limit: 10 }),
  ],
  ['replications_due', 'a claim of replicas', (catalog: Catalog) => catalog.replications.claim(claim)],
  [
    'clips_claimable',
    'what waits for dates that are too far ahead',
    (catalog: Catalog) => catalog.clock.pullBack(longest),
  ],
  ['clips_leased', 'the owners of leases', (catalog: Catalog) => catalog.queue.owners()],
  ['clips_leased', 'the release of leases', (catalog: Catalog) => catalog.queue.release('me')],
  ['attempts_of_clip', "a clip's attempts", (catalog: Catalog) => catalog.attempts.ofClip('x')],
  [
    'attempts_of_clip',
    'the providers that may hold a clip',
    (catalog: Catalog) => catalog.attempts.ambiguousProviders('x'),
  ],
  ['deletions_due', 'a claim of deletions', (catalog: Catalog) => catalog.deletions.claim(claim)],
  [
    'clips_by_maker',
    'the clips of one key',
    (catalog: Catalog) => catalog.clipList.newest({ madeBy: 'x', after, limit: 1 }),
  ],
  [
    'clips_by_label',
    'the clips of one key with one label',
    (catalog: Catalog) => catalog.clipList.newest({ madeBy: 'x', label: 'y', after, limit: 1 }),
  ],
  [
    'clips_by_age',
    'the newest clips of all',
    (catalog: Catalog) => catalog.clipList.newest({ createdFrom: NOW, after, limit: 1 }),
  ],
  ['clips_by_age', 'a list of all clips', page({ list: 'all', from: NOW })],
  ['clips_ending', 'a list of pending clips', page({ list: 'pending', before: NOW })],
  ['clips_expired', 'a list of expired clips', page({ list: 'expired', from: NOW })],
  ['clips_by_storing', 'a list of stored clips', page({ list: 'stored', from: NOW })],
  [
    'clips_by_provider',
    'a list of the clips of one provider',
    page({ list: 'stored', provider: 'pinata', before: NOW }),
  ],
  ['clips_by_request', 'a search for clips', (catalog: Catalog) => catalog.clipList.find('0123456789', 1)],
  ['clips_ending', 'the number of clips that end', (catalog: Catalog) => catalog.attention.ending(1)],
  [
    'clips_unproven',
    'the number of clips that nobody delivers in time',
    (catalog: Catalog) => catalog.attention.countOverdueProofs(NOW, 1),
  ],
  [
    'attempts_by_time',
    'the latest failure of a provider',
    (catalog: Catalog) => catalog.attention.latestFailure('pinata', NOW),
  ],
  [
    'speech_attempts_faults',
    'the latest failures of vendors',
    (catalog: Catalog) => catalog.speechAttempts.latestFailures({ from: NOW, limit: 1 }),
  ],
  [
    'clips_by_age',
    'the pruning of records',
    (catalog: Catalog) => catalog.records.prune(NOW, new AbortController().signal),
  ],
  [
    'requests_by_clip',
    'the deletion of a clip',
    async (catalog: Catalog) => {
      const { id } = await storedClip(catalog)
      await catalog.deletions.request(id, { by: 'maker', now: NOW })
    },
  ],
  ['clips_by_cid', 'who shares a content', (catalog: Catalog) => catalog.deletions.isShared('x')],
  ['attempts_by_time', 'the deletion of old attempts', (catalog: Catalog) => catalog.attempts.prune(NOW)],
  [
    'idempotency_keys_by_time',
    'the deletion of old answers',
    (catalog: Catalog) => catalog.idempotencyKeys.claim(answer),
  ],
])('the index %s of SQLite serves %s', async (index, _, use) => {
  const file = path.join(await temporaryDirectory(), 'catalog.sqlite')
  const catalog = createCatalog(sqliteFile(file))
  onTestFinished(() => catalog.close())
  await waitingClip(catalog)
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare')
  await use(catalog)
  const statements = prepare.mock.calls.map(([sql]) => sql)
  prepare.mockRestore()
  const plans = statements
    .filter((sql) => /^(with|select|update|delete)/.test(sql))
    .map((sql) => planOf(file, sql))
  expect(plans.join('\n')).toContain(`INDEX ${index}`)
  expect(plans.join('\n')).not.toMatch(/SCAN (clips|attempts|pins|webhooks|replications)$/m)
})

type Catalog = ReturnType<typeof createCatalog>

/** One page of a list for operators, and its count. */
function page(filter: ListFilter) {
  return async ({ clipList }: Catalog) => {
    await clipList.page({ ...filter, after: { at: NOW, id: 'x' }, limit: 1 })
    await clipList.count(filter, 1)
  }
}

const after = { createdAt: NOW, id: 'x' }
const answer = {
  key: 'k',
  fingerprint: 'f',
  now: NOW,
  clipId: 'c',
  lease: { owner: 'me', expiresAt: NOW },
}
const longest = { now: NOW, self: 'me', leaseMs: 1000, clipWaitMs: 1000, webhookWaitMs: 1000 }
const check = { now: NOW, before: NOW }
const claim = { limit: 1, now: NOW, lease: { owner: 'me', expiresAt: NOW + 1000 }, dueOnly: true }

/** How SQLite would go about `sql`, a line a step. */
function planOf(file: string, sql: string): string {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const parameters = Array<null>(sql.split('?').length - 1).fill(null)
    const steps = database.prepare(`explain query plan ${sql}`).all(...parameters)
    return steps.map(({ detail }) => detail).join('\n')
  } finally {
    database.close()
  }
}
