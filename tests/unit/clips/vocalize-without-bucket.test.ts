import { describe, expect, it } from 'vitest'
import { openClip } from '#lib/clips/open-clip.ts'
import { uploadPending } from '#lib/clips/upload-pending.ts'
import { openBucketWorld } from '../../support/bucket-world.ts'
import { refused } from '../../support/fake-provider.ts'
import { speak } from '../../support/services.ts'
import { until } from '../../support/until.ts'

const signal = new AbortController().signal

/** A machine whose bucket and whose providers all refuse. */
async function openFailing() {
  const world = await openBucketWorld()
  const refuse = (isRefused: boolean) => {
    world.server.failWith(isRefused ? 503 : undefined)
    for (const provider of [world.first, world.second]) provider.always(isRefused ? refused() : 'store')
  }
  refuse(true)
  return { ...world, heal: () => refuse(false) }
}

describe('a text that neither the bucket nor IPFS takes', () => {
  it('waits on this machine, and is served from there', async () => {
    const { services } = await openFailing()
    const { id, state, cid } = await speak(services)
    expect(state).toBe('pending')
    expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'pending', cid, leaseOwner: null })
    const opened = await openClip(services, id)
    if (opened.from !== 'here') throw new Error('It is not here')
    const bytes = Buffer.concat(await Array.fromAsync((await opened.read()) ?? []))
    expect(bytes.length).toBe(opened.clip.sizeBytes)
    expect((await services.store.blob(id))?.size).toBe(bytes.length)
  })

  it('is uploaded to the bucket without further calls once that works again', async () => {
    const { services, server, heal } = await openFailing()
    const { id } = await speak(services)
    heal()
    await until('the clip in the bucket', () => server.objects().includes(`audio/${id}`))
    expect(
      await uploadPending(services, { limit: 1, trigger: 'timer', dueOnly: false, signal }),
    ).toMatchObject({
      successCount: 1,
    })
  })

  it('reaches IPFS from this machine where a provider works again first', async () => {
    const { services, server, heal } = await openFailing()
    const { id } = await speak(services)
    heal()
    server.failWith(503)
    services.chain.resetCoolDowns()
    const round = await uploadPending(services, { limit: 1, trigger: 'timer', dueOnly: false, signal })
    expect(round).toMatchObject({ successCount: 1 })
    expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'stored' })
  })

  it('is refused where the disk of this machine does not survive the process', async () => {
    const { services } = await openFailing()
    const { store } = services
    const withoutKeep = {
      ...store,
      put: async (...input: Parameters<typeof store.put>) => ({
        ...(await store.put(...input)),
        keep: undefined,
      }),
    }
    await expect(speak({ ...services, store: withoutKeep })).rejects.toMatchObject({
      code: 'storage_unavailable',
    })
  })
})
