import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { refused, unavailable } from '../../support/fake-provider.ts'
import { testServices, waitingClips } from '../../support/services.ts'

// As the framework does it: adapters are built by one copy of the modules, verbs run in another.
describe('a verb in another copy of the modules than the adapters', () => {
  beforeEach(() => vi.resetModules())

  async function vocalizeElsewhere({ services }: Awaited<ReturnType<typeof testServices>>, text = 'Hello') {
    const { vocalize } = await import('#lib/clips/vocalize.ts')
    return vocalize(services, { text, voiceId: 'slt' }, { requestId: 'request' })
  }

  it('uploads a clip straight to IPFS that the temporary store cannot take', async () => {
    const world = await testServices()
    await writeFile(world.audioDirectory, '')
    expect(await vocalizeElsewhere(world)).toMatchObject({ state: 'stored', hasLocalBytes: false })
  })

  it('says what failed where neither the store nor a provider takes the clip', async () => {
    const world = await testServices()
    await writeFile(world.audioDirectory, '')
    for (const provider of world.providers) provider.always(refused())
    await expect(vocalizeElsewhere(world)).rejects.toMatchObject({
      code: 'storage_unavailable',
      providers: [{ provider: 'pinata' }, { provider: 'kubo' }],
    })
  })

  it('uploads a clip straight to IPFS that the catalog cannot take', async () => {
    const world = await testServices()
    await writeFile(path.join(world.directory, 'catalog.sqlite'), 'no database, and long enough to be none')
    expect(await vocalizeElsewhere(world)).toMatchObject({ state: 'stored', hasLocalBytes: false })
  })

  it('sees in an error of the chain that a provider was at fault, and not the clip', async () => {
    const { services, providers } = await testServices({ environment: { IPFS_RETRY_DELAYS_MS: ',' } })
    for (const provider of providers) provider.always(unavailable())
    await waitingClips(services, 1)
    const { failedByProvider, uploadPending } = await import('#lib/clips/upload-pending.ts')
    const { signal } = services.tasks
    const { results } = await uploadPending(services, { limit: 1, trigger: 'admin', dueOnly: false, signal })
    expect(results.map(failedByProvider)).toEqual([true])
    expect(results[0]).toMatchObject({ attempts: 2 })
  })

  it('gets the same singleton', async () => {
    const copies = [await import('#lib/platform/process-singleton.ts')]
    vi.resetModules()
    copies.push(await import('#lib/platform/process-singleton.ts'))
    const [one, other] = copies.map(({ processSingleton }) => processSingleton('one', () => ({})))
    expect(one).toBe(other)
    expect(copies[0]?.processSingleton('other', () => ({}))).not.toBe(one)
  })
})
