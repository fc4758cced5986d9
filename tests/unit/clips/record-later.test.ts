import { mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { CatalogError } from '#lib/catalog/connection.ts'
import { audit } from '#lib/clips/audit.ts'
import { recover } from '#lib/clips/recover.ts'
import type { Services } from '#lib/context.ts'
import { newClipId } from '#lib/model/clip.ts'
import { speak, testServices } from '../../support/services.ts'
import { until } from '../../support/until.ts'

const environment = {
  WEBHOOK_URL: 'https://receiver.test/',
  WEBHOOK_SECRET: `whsec_${'a'.repeat(32)}`,
  IPFS_REPLICAS: '2',
}

/** A catalog that falls silent and comes back, as far as clips are written. */
function silenced(services: Services, methods: (keyof Services['catalog']['clips'])[]) {
  const state = { isSilent: true }
  const clips = { ...services.catalog.clips } as Record<string, unknown>
  for (const method of methods) {
    const works = clips[method] as (...args: unknown[]) => Promise<unknown>
    const fails = () => Promise.reject(new CatalogError('The catalog failed: Query read timeout'))
    clips[method] = (...args: unknown[]) => (state.isSilent ? fails() : works(...args))
  }
  const catalog = { ...services.catalog, clips: clips as unknown as Services['catalog']['clips'] }
  return { state, services: { ...services, catalog } }
}

const notesIn = (directory: string) => readdir(path.join(directory, 'unrecorded')).catch(() => [])

describe('a clip that was spoken and stored while the catalog was silent', () => {
  it.each([
    ['from the start', ['find', 'reserve', 'stage', 'settle', 'discard']],
    ['from the reservation on', ['stage', 'settle']],
  ] as const)(
    '%s is recorded as soon as the catalog takes it: found, audited, to be replicated, told',
    async (_, methods) => {
      const { services, clock, directory } = await testServices({ environment })
      const sick = silenced(services, [...methods])
      const answered = await speak(sick.services, 'Good morning')
      expect(answered).toMatchObject({ state: 'stored', provider: 'pinata' })
      expect(await notesIn(directory)).toEqual([`${answered.id}.json`])
      await clock.advance(11_000)
      expect(await notesIn(directory)).toHaveLength(1)
      sick.state.isSilent = false
      await clock.advance(5000)
      await until('no note to be left', async () => (await notesIn(directory)).length === 0)

      const { catalog } = services
      const { id, cid, ipfsHash, permanentUrl, characters, voiceId, durationMs, speech } = answered
      expect(await catalog.clips.find(id)).toMatchObject({
        ...{
          state: 'stored',
          provider: 'pinata',
          cid,
          ipfsHash,
          permanentUrl,
          characters,
          voiceId,
          durationMs,
          speech,
        },
      })
      const before = clock.now() + 1
      await clock.until(audit(services, { limit: 10, before, signal: services.tasks.signal }))
      expect(await catalog.pins.ofClip(id)).toMatchObject([
        { provider: 'pinata', checkedAt: expect.any(Number) },
      ])
      expect(await catalog.replications.count()).toBe(1)
      const lease = { owner: 'me', expiresAt: clock.now() + 1000 }
      expect(await catalog.webhooks.claim({ now: clock.now(), limit: 10, lease })).toMatchObject([
        { type: 'clip.stored', clipId: id },
      ])
    },
  )

  it('is recorded by the next process where this one dies before', async () => {
    const { services, directory, bury } = await testServices()
    const sick = silenced(services, ['find', 'reserve', 'stage', 'settle', 'discard'])
    const { id, cid, characters } = await speak(sick.services)
    await bury()
    const next = await testServices({ directory })
    expect(await recover(next.services)).toMatchObject({ adopted: 0 })
    expect(await next.services.catalog.clips.find(id)).toMatchObject({ state: 'stored', cid, characters })
    expect(await notesIn(directory)).toEqual([])
  })

  it('does not keep a process from its start by a note that is damaged', async () => {
    const { services, directory, lines } = await testServices()
    const name = `${newClipId()}.json`
    await mkdir(path.join(directory, 'unrecorded'))
    await writeFile(path.join(directory, 'unrecorded', name), '{"clip":')
    await recover(services)
    expect(lines.at(-1)?.msg).toBe('A note of a stored clip is damaged')
    expect(await notesIn(directory)).toEqual([`${name}.damaged`])
  })

  it('is named in the log where it cannot even be noted', async () => {
    const { services, directory, lines } = await testServices()
    await writeFile(path.join(directory, 'unrecorded'), '')
    const sick = silenced(services, ['find', 'reserve', 'stage', 'settle', 'discard'])
    const { id, cid } = await speak(sick.services)
    expect(lines.find(({ msg }) => msg === 'A stored clip could be recorded nowhere')).toMatchObject({
      clipId: id,
      cid,
    })
  })
})
