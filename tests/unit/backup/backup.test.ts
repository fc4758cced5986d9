import { readdirSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { backUp } from '#lib/backup/backup.ts'
import { BackupRefusedError } from '#lib/backup/backup-error.ts'
import { remindOfBackup } from '#lib/backup/remind.ts'
import { restore } from '#lib/backup/restore.ts'
import { checkBytes } from '#lib/backup/snapshot.ts'
import { createServices } from '#lib/composition.ts'
import { readConfig } from '#lib/config/index.ts'
import type { Services } from '#lib/context.ts'
import { putEmptyCatalog } from '../../support/empty-catalog.ts'
import { FakeSpeech } from '../../support/fake-speech.ts'
import { speak, waitingClips } from '../../support/services.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

interface Machine {
  tempAudioDir: string
  repositoryDir: string
}

const placesOf = (directory: string): Machine => ({
  tempAudioDir: path.join(directory, 'data'),
  repositoryDir: path.join(directory, 'ipfs'),
})

/** The services on the files of a machine, with the provider "embedded" alone. */
function servicesOn({ tempAudioDir, repositoryDir }: Machine): Services {
  const environment = {
    TEMP_AUDIO_DIR: tempAudioDir,
    IPFS_REPOSITORY_DIR: repositoryDir,
    IPFS_PROVIDERS: 'embedded',
    LOG_LEVEL: 'silent',
  }
  const services = createServices(readConfig(environment), { speech: new FakeSpeech() })
  onTestFinished(() => services.catalog.close())
  return services
}

/** A machine that runs, with clips that `embedded` holds and clips that wait. */
async function usedMachine({ stored = 2, waiting = 2 } = {}) {
  const directory = await temporaryDirectory()
  const machine = placesOf(directory)
  await mkdir(machine.tempAudioDir)
  await putEmptyCatalog(machine.tempAudioDir)
  const services = servicesOn(machine)
  await services.keyedHash.hash('makes the key')
  const storedIds: string[] = []
  for (let count = 0; count < stored; count += 1) storedIds.push((await speak(services)).id)
  const waitingIds = await waitingClips(services, waiting)
  return { ...machine, machine, services, storedIds, waitingIds, to: path.join(directory, 'backup') }
}

/** Puts the backup in `from` on a new machine. */
async function onNewMachine(from: string) {
  const machine = placesOf(await temporaryDirectory())
  const result = await restore({ from, to: machine })
  return { machine, result, services: servicesOn(machine) }
}

/** Whether the bytes of each clip are where its record says. */
async function expectAlive({ catalog, store, blockStore }: Services, ids: string[]) {
  for (const id of ids) {
    const clip = await catalog.clips.find(id)
    const bytes = clip?.state === 'stored' ? await blockStore.open(clip.cid as string) : await store.blob(id)
    expect([id, clip?.state, bytes === null]).toEqual([id, expect.stringMatching(/stored|pending/), false])
  }
}

describe('a backup', () => {
  it('brings back each record with its bytes, while the service that it was taken from goes on', async () => {
    const { machine, services, storedIds, waitingIds, to } = await usedMachine()
    const result = await backUp({ from: machine, to })
    expect(result).toMatchObject({ clips: 4, missing: [], unchanged: 7, copied: 7 })
    const later = (await speak(services)).id
    await services.catalog.close()
    await rm(machine.tempAudioDir, { recursive: true })
    await rm(machine.repositoryDir, { recursive: true })

    const { result: back, services: restored } = await onNewMachine(to)
    expect(back).toMatchObject({ clips: 4, checked: 4, missing: [] })
    await expectAlive(restored, [...storedIds, ...waitingIds])
    expect(await restored.catalog.clips.find(later)).toBeNull()
    expect(await restored.keyedHash.hash('x')).toBe(await services.keyedHash.hash('x'))
  })

  it('has what a copy of the file alone has not: the records in the write-ahead log', async () => {
    const { machine, to, tempAudioDir } = await usedMachine()
    const copy = path.join(await temporaryDirectory(), 'catalog.sqlite')
    await copyFile(path.join(tempAudioDir, 'catalog.sqlite'), copy)
    await backUp({ from: machine, to })
    const clipsIn = async (file: string) =>
      (await checkBytes(file, { audio: undefined, clips: to }, { isThorough: false })).clips
    expect(await clipsIn(copy)).toBe(0)
    expect(await clipsIn(path.join(to, 'temp-audio/catalog.sqlite'))).toBe(4)
  })

  it('finds the bytes of each record that it has, however many clips come meanwhile', async () => {
    const { machine, services, to } = await usedMachine({ stored: 5, waiting: 5 })
    let isOver = false
    const load = (async () => {
      while (!isOver) await Promise.all([speak(services), waitingClips(services, 1)])
    })()
    const results = []
    for (let count = 0; count < 2; count += 1) results.push(await backUp({ from: machine, to }))
    isOver = true
    await load
    expect(results.map(({ missing }) => missing)).toEqual([[], []])
    expect(results[1]?.clips).toBeGreaterThan(10)
    const { result } = await onNewMachine(to)
    expect(result).toMatchObject({ missing: [], clips: results[1]?.clips })
    // All but those that were being spoken at that moment.
    expect(result.checked).toBeGreaterThan(10)
  })

  it('is brought up to date by the next one: what is new is copied, what has gone is deleted', async () => {
    const { machine, services, storedIds, to, tempAudioDir } = await usedMachine()
    await backUp({ from: machine, to })
    const added = (await speak(services)).id
    const [gone = ''] = storedIds
    await rm(path.join(tempAudioDir, 'audio', gone))
    const result = await backUp({ from: machine, to })
    expect(result.copied).toBe(2)
    expect(await readdir(path.join(to, 'temp-audio/audio'))).toContain(added)
    expect(await readdir(path.join(to, 'temp-audio/audio'))).not.toContain(gone)
  })

  it('says what a record needs and nobody has, and keeps all the rest', async () => {
    const { machine, services, storedIds, waitingIds, to, tempAudioDir } = await usedMachine()
    const [waiting = ''] = waitingIds
    const stored = await services.catalog.clips.find(storedIds[0] as string)
    await rm(path.join(tempAudioDir, 'audio', waiting))
    await services.blockStore.delete(stored?.cid as string)
    const { missing } = await backUp({ from: machine, to })
    expect(missing).toEqual([
      expect.stringContaining(waiting),
      expect.stringContaining(stored?.cid as string),
    ])
    expect((await onNewMachine(to)).result).toMatchObject({ clips: 4, missing })
  })

  it('that was damaged is told by its bytes when it is restored', async () => {
    const { machine, services, storedIds, waitingIds, to } = await usedMachine()
    await backUp({ from: machine, to })
    const { cid } = (await services.catalog.clips.find(storedIds[0] as string)) ?? {}
    const [car = ''] = readdirSync(to, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith(`${cid}.car`),
    )
    for (const file of [path.join(to, car), path.join(to, 'temp-audio/audio', waitingIds[0] as string)]) {
      const bytes = await readFile(file)
      bytes[bytes.length - 9] = (bytes.at(-9) as number) ^ 1
      await writeFile(file, bytes)
    }
    const { missing } = (await onNewMachine(to)).result
    expect(missing).toEqual([
      expect.stringContaining(`the right audio of the clip ${waitingIds[0]}`),
      expect.stringContaining(`the right content ${cid}`),
    ])
  })

  it('is refused where there is nothing to copy, and in a folder that is copied itself', async () => {
    const { machine, tempAudioDir, repositoryDir } = await usedMachine({ stored: 1, waiting: 0 })
    const elsewhere = placesOf(await temporaryDirectory())
    const to = path.join(await temporaryDirectory(), 'backup')
    await expect(backUp({ from: elsewhere, to })).rejects.toThrow(BackupRefusedError)
    for (const inside of [tempAudioDir, path.join(repositoryDir, 'backup')]) {
      await expect(backUp({ from: machine, to: inside })).rejects.toThrow('takes a folder outside of')
    }
  })
})

describe('restoring', () => {
  it('is refused over a catalog, and from a folder where no backup was finished', async () => {
    const { machine, to } = await usedMachine()
    await backUp({ from: machine, to })
    await expect(restore({ from: to, to: machine })).rejects.toThrow('move that folder away first')
    await rm(path.join(to, 'backup.json'))
    const fresh = placesOf(await temporaryDirectory())
    await expect(restore({ from: to, to: fresh })).rejects.toThrow(BackupRefusedError)
  })

  it('goes on where it was broken off', async () => {
    const { machine, storedIds, waitingIds, to } = await usedMachine()
    await backUp({ from: machine, to })
    const fresh = placesOf(await temporaryDirectory())
    await restore({ from: to, to: fresh })
    // As after a kill: all files but the catalog, which comes last, and one that was only begun.
    await rm(path.join(fresh.tempAudioDir, 'catalog.sqlite'))
    await writeFile(path.join(fresh.tempAudioDir, 'audio', waitingIds[0] as string), 'half')
    expect(await restore({ from: to, to: fresh })).toMatchObject({ clips: 4, missing: [] })
    await expectAlive(servicesOn(fresh), [...storedIds, ...waitingIds])
  })
})

describe('the start', () => {
  async function warningsAtStart(services: Services) {
    const lines: string[] = []
    const log = { ...services.log, warn: (_: unknown, message: string) => void lines.push(message) }
    await remindOfBackup({ ...services, log: log as Services['log'] })
    return lines
  }

  it('warns while a folder that sounds temporary holds permanent addresses and was never backed up', async () => {
    const { machine, services, to, tempAudioDir } = await usedMachine()
    expect(await warningsAtStart(services)).toEqual([
      expect.stringContaining(`${tempAudioDir} is not temporary`),
    ])
    await backUp({ from: machine, to })
    expect(await warningsAtStart(services)).toEqual([])
  })

  it('warns of no folder that holds no permanent address', async () => {
    const { services } = await usedMachine({ stored: 0 })
    expect(await warningsAtStart(services)).toEqual([])
  })
})
