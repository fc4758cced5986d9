import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { CatalogError } from '#lib/catalog/connection.ts'
import { newClipId } from '#lib/model/clip.ts'
import { FakeProvider, refused } from '../../support/fake-provider.ts'
import { diskFaults } from '../../support/faulty-disk.ts'
import { recoverAll } from '../../support/recover-all.ts'
import { speak, testServices } from '../../support/services.ts'
import { speechMp3 } from '../../support/stub-vendors/audio.ts'
import { until } from '../../support/until.ts'

// Modules that other files have loaded know the disk as it is, and those of this file are none of theirs.
vi.hoisted(() => vi.resetModules())
afterAll(() => void vi.resetModules())
vi.mock('node:fs/promises', async (original) =>
  (await import('../../support/faulty-disk.ts')).faultyPromises(original),
)
vi.mock('node:fs', async (original) => (await import('../../support/faulty-disk.ts')).faultyFs(original))

afterEach(() => diskFaults.clear())

type Fault = [call: Parameters<typeof diskFaults.set>[0], code: string]

/** A service whose disk has `faults` once `fail` is called. */
async function onFaultyDisk(faults: Fault[], providers?: FakeProvider[]) {
  const environment = { IPFS_RETRY_DELAYS_MS: ',' }
  const world = await testServices({ environment, ...(providers && { providers }) })
  await world.services.catalog.check()
  const fail = () => {
    for (const fault of faults) diskFaults.set(...fault)
  }
  return { ...world, fail }
}

/** What becomes of a clip while no provider takes it and the disk fails, and once the disk is well. */
const table: [fault: Fault[], answer: 'temporary' | 'refused'][] = [
  [[['open', 'EMFILE']], 'refused'],
  [[['open', 'EACCES']], 'refused'],
  [[['write', 'EIO']], 'refused'],
  [[['write', 'ENOSPC']], 'refused'],
  [[['sync', 'EINVAL']], 'refused'],
  [[['sync', 'EIO']], 'refused'],
  [[['rename', 'EIO']], 'refused'],
  [[['syncDirectory', 'EIO']], 'refused'],
  [[['read', 'EIO']], 'temporary'],
  [[['read', 'EMFILE']], 'temporary'],
]

describe.each(table)('while %j', (faults, answer) => {
  it(`a clip that no provider takes is ${answer}, and kept`, async () => {
    const { services, providers, clock, lines, fail } = await onFaultyDisk(faults)
    for (const provider of providers) provider.always(refused())
    fail()
    const told = await speak(services).catch((error) => error)
    if (answer === 'temporary') expect(told).toMatchObject({ state: 'pending' })
    else {
      expect(told).toMatchObject({ code: 'storage_unavailable' })
      expect(told.message).toContain('It is not lost')
      expect(told.message).not.toContain('/where/it/is')
    }
    const [id = told.id] = services.inFlight.rescues.keys()
    diskFaults.clear()
    await clock.advance(2000)
    await until('it is saved', () => services.inFlight.rescues.size === 0)
    const clip = await services.catalog.clips.find(id)
    expect(clip).toMatchObject({ state: 'pending', hasLocalBytes: true })
    const bytes = await (await services.store.blob(id))?.arrayBuffer()
    expect(bytes?.byteLength).toBe(clip?.sizeBytes)
    expect(lines.filter(({ msg }) => msg.includes('lost'))).toEqual([])
  })
})

const unkept = table.filter(([, answer]) => answer === 'refused').map(([faults]) => faults)

describe.each(unkept)('while %j', (...faults) => {
  it('a clip goes to IPFS where a provider takes it', async () => {
    const { services, fail } = await onFaultyDisk(faults)
    fail()
    expect(await speak(services)).toMatchObject({ state: 'stored', provider: 'pinata' })
  })

  it('nothing is spoken where no provider may be tried', async () => {
    const { services, speech, fail } = await onFaultyDisk(faults)
    speech.speaking = new Error('Nobody should have asked')
    fail()
    const chain = { ...services.chain, canTry: () => false }
    await expect(speak({ ...services, chain })).rejects.toMatchObject({ code: 'storage_unavailable' })
  })
})

describe.each(unkept)('while %j and only this machine is a provider', (...faults) => {
  it('nothing is spoken, for its block store fails with the disk', async () => {
    const { services, speech, fail } = await onFaultyDisk(faults, [new FakeProvider('embedded')])
    speech.speaking = new Error('Nobody should have asked')
    fail()
    await expect(speak(services)).rejects.toMatchObject({ code: 'storage_unavailable' })
  })
})

describe('while the catalog cannot sync', () => {
  const failsToSync = () => Promise.reject(new CatalogError('The catalog failed: disk I/O error'))

  it('nothing is spoken where no provider may be tried', async () => {
    const { services, speech } = await testServices()
    speech.speaking = new Error('Nobody should have asked')
    const chain = { ...services.chain, canTry: () => false }
    const catalog = { ...services.catalog, check: failsToSync }
    await expect(speak({ ...services, chain, catalog })).rejects.toMatchObject({
      code: 'storage_unavailable',
    })
  })
})

describe.each(['EIO', 'EMFILE', 'ENFILE', 'EACCES'])('recovery, while a file cannot be read (%s)', (code) => {
  it('keeps it, names it in the log, and adopts it once it can be read', async () => {
    const { services, lines, audioDirectory } = await testServices()
    const id = newClipId()
    await services.store.check()
    await writeFile(path.join(audioDirectory, id), speechMp3(100, 'Survivor'))
    diskFaults.set('read', code)
    expect(await recoverAll(services)).toBe(0)
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'error', clipId: id, error: expect.stringContaining(code) }),
    )
    diskFaults.clear()
    expect(await recoverAll(services)).toBe(1)
  })
})

it('what recovery deletes because it is no audio is named in the log', async () => {
  const { services, lines, audioDirectory } = await testServices()
  const id = newClipId()
  await services.store.check()
  await writeFile(path.join(audioDirectory, id), 'no audio')
  expect(await recoverAll(services)).toBe(0)
  expect(await services.store.blob(id)).toBeNull()
  expect(lines).toContainEqual(expect.objectContaining({ level: 'error', clipId: id, bytes: 8 }))
})
