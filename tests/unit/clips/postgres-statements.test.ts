import pg from 'pg'
import { expect, it, onTestFinished, vi } from 'vitest'
import { vocalizeOnce } from '#lib/clips/vocalize-once.ts'
import { systemClock } from '#lib/platform/clock.ts'
import { FakeProvider } from '../../support/fake-provider.ts'
import { lacking } from '../../support/lacking.ts'
import { startPostgres } from '../../support/servers/postgres.ts'
import { testServices } from '../../support/services.ts'

const postgres = await startPostgres().catch(() => undefined)

it.skipIf(lacking(postgres !== undefined, 'there is no Postgres'))(
  'a text that is spoken and stored takes five statements of Postgres until its answer, and no lock of all processes',
  async () => {
    onTestFinished(() => postgres?.stop())
    const { services } = await testServices({
      clock: systemClock,
      providers: [new FakeProvider('pinata')],
      environment: { DATABASE_URL: postgres?.url ?? '', REUSE: 'on' },
    })
    const say = (text: string) => vocalizeOnce(services, { text, voiceId: 'slt' }, { requestId: 'r' })
    await say('The first one opens the database')
    await services.tasks.settled()
    const query = vi.spyOn(pg.Client.prototype, 'query')
    onTestFinished(() => query.mockRestore())
    const clip = await say('Another one')
    expect(clip).toMatchObject({ state: 'stored' })
    const statements = query.mock.calls.map(([text]) => String(text))
    expect(statements.filter((text) => text.includes('advisory'))).toEqual([])
    expect(statements).toHaveLength(5)
    expect(await services.catalog.attempts.ofClip(clip.id)).toMatchObject([{ outcome: 'stored' }])
    query.mockClear()
    expect(await say('Another one')).toMatchObject({ id: clip.id, isReused: true })
    expect(query).toHaveBeenCalledOnce()
    const twice = await services.catalog.counters.read()
    expect(twice).toMatchObject({
      attempts_stored: { pinata: 2 },
      clips_stored: { pinata: 2 },
      characters_saved: { '': clip.characters },
    })
    await services.catalog.close()
  },
)
