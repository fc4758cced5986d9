import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Services } from '#lib/context.ts'
import { isClipId } from '#lib/model/clip.ts'
import { describeError } from '#lib/platform/errors.ts'
import { draftPath, nullIfMissing, nullOn, syncDirectory } from '#lib/platform/files.ts'
import { recordUnstaged, type UnstagedFacts } from './record-unstaged.ts'
import { wantedReplicas } from './wanted-replicas.ts'

const RETRY_MS = 5000
const FAILURES_AT_ONCE = 3

/** A file for each clip that IPFS has and the catalog did not take. It has no text, and no audio. */
const directoryOf = ({ config }: Pick<Services, 'config'>) =>
  path.join(config.tempAudio.directory, 'unrecorded')
const isNote = (name: string) => isClipId(name.replace(/\.json$/, ''))

/**
 * Notes on this machine's disk that a clip is stored, durably, and goes on trying to record it: its caller has its id. What
 * cannot be noted is logged.
 */
export async function recordLater(services: Services, facts: UnstagedFacts): Promise<void> {
  const { log } = services
  const { id, ipfsHash: cid } = facts.clip
  try {
    await writeNote(directoryOf(services), `${id}.json`, JSON.stringify(facts))
  } catch (error) {
    log.error({ clipId: id, cid, error: describeError(error) }, 'A stored clip could be recorded nowhere')
    return
  }
  log.warn({ clipId: id, cid }, 'A stored clip will be recorded once the catalog takes it')
  keepTrying(services)
}

async function writeNote(directory: string, name: string, text: string) {
  await mkdir(directory, { recursive: true })
  const draft = draftPath(path.join(directory, name))
  try {
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, path.join(directory, name))
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    throw error
  }
  await syncDirectory(directory)
}

/** Tries again soon, unless the process stops: the next start goes on then. */
function keepTrying(services: Services) {
  const { clock, inFlight, tasks } = services
  if (inFlight.isRecordingLater) return
  inFlight.isRecordingLater = true
  const retry = async () => {
    await clock.sleep(RETRY_MS, tasks.stopping)
    inFlight.isRecordingLater = false
    await recordNoted(services)
  }
  retry().catch(() => {
    inFlight.isRecordingLater = false
  })
}

/** Records what processes of this machine have noted; later, what the catalog still does not take. */
export async function recordNoted(services: Services): Promise<void> {
  const { log } = services
  const directory = directoryOf(services)
  const names = ((await readdir(directory).catch(nullOn('ENOENT', 'ENOTDIR'))) ?? []).filter(isNote)
  let failed = 0
  for (const name of names) {
    // The catalog does not answer: asking it for each of them would take as many time limits.
    if (failed >= FAILURES_AT_ONCE) break
    const place = path.join(directory, name)
    const facts = await readNote(services, place)
    if (!facts) continue
    const isRecorded = await recordNow(services, facts).catch(() => false)
    if (isRecorded) {
      await rm(place, { force: true })
      log.info({ clipId: facts.clip.id, cid: facts.clip.ipfsHash }, 'A stored clip was recorded late')
    } else failed += 1
  }
  if (failed > 0) keepTrying(services)
}

/** @throws CatalogError */
async function recordNow(services: Services, facts: UnstagedFacts): Promise<boolean> {
  const { catalog, clock } = services
  const replicas = wantedReplicas(services)
  if (!(await recordUnstaged(services, facts))) return false
  if (replicas > 1) await catalog.replications.want(replicas, clock.now(), facts.clip.id)
  return true
}

/** `undefined` where another process of this machine was faster, and where the note is damaged: it is set aside. */
async function readNote({ log }: Services, place: string): Promise<UnstagedFacts | undefined> {
  const text = await readFile(place, 'utf8').catch(nullIfMissing)
  if (text === null) return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    log.error(
      { place: path.basename(place), error: describeError(error) },
      'A note of a stored clip is damaged',
    )
    await rename(place, `${place}.damaged`)
    return undefined
  }
}
