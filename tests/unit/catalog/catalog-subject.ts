import type { Catalog } from '#lib/catalog/catalog.ts'
import type { NewClip, StagedFacts } from '#lib/catalog/clips.ts'
import type { CatalogEvents } from '#lib/catalog/events.ts'
import { type Clip, newClipId } from '#lib/model/clip.ts'

/** A catalog to hold to the contract. */
export interface Subject {
  title: string
  /** Makes an empty database, gone when the test ends. Returns a way to open it, as often as a test likes; webhooks are recorded. */
  prepare(options?: { events?: CatalogEvents }): Promise<() => Catalog>
}

/** The numbers from 0 to 99, for a hundred callers at once. */
export const HUNDRED = Array.from({ length: 100 }, (_, index) => index)
export const NOW = Date.UTC(2026, 10, 22, 12)
export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
export const noLimit = Number.MAX_SAFE_INTEGER

export function newClip(overrides: Partial<NewClip> = {}): NewClip {
  return {
    id: newClipId(),
    requestId: 'request-1',
    characters: 20,
    voiceId: 'slt',
    modelId: null,
    outputFormat: 'mp3_44100_128',
    createdAt: NOW,
    expiresAt: NOW + HOUR_MS,
    sizeBytes: 1000,
    leaseOwner: 'speaker',
    leaseExpiresAt: NOW + 120_000,
    ...overrides,
  }
}

export function stagedFacts(overrides: Partial<StagedFacts> = {}): StagedFacts {
  return {
    cid: 'bafkreiexample',
    mimeType: 'audio/mpeg',
    fileExtension: 'mp3',
    sizeBytes: 800,
    durationMs: 1500,
    stagedAt: NOW + 2000,
    leaseOwner: null,
    leaseExpiresAt: null,
    ...overrides,
  }
}

export const storedFacts = {
  provider: 'pinata',
  ipfsHash: 'bafkreiexample',
  permanentUrl: 'https://gateway.test/ipfs/bafkreiexample?filename=clip.mp3',
  storedAt: NOW + 5000,
}

/** A clip that waits for IPFS, with nobody at work on it. */
export async function waitingClip(
  { clips }: Catalog,
  { created = {}, staged = {} }: { created?: Partial<NewClip>; staged?: Partial<StagedFacts> } = {},
): Promise<Clip> {
  const clip = newClip(created)
  if (!(await clips.reserve(clip, noLimit))) throw new Error('The byte budget is used up')
  const waiting = await clips.stage(clip.id, stagedFacts(staged))
  if (!waiting) throw new Error('The clip is not there')
  return waiting
}

/** A clip that a provider holds. */
export async function storedClip(catalog: Catalog, created: Partial<NewClip> = {}): Promise<Clip> {
  const { id } = await waitingClip(catalog, { created })
  await catalog.clips.store(id, storedFacts)
  return (await catalog.clips.find(id)) as Clip
}

/** A clip that a provider holds and delivers. */
export async function provenClip(catalog: Catalog, created: Partial<NewClip> = {}): Promise<Clip> {
  const { id } = await storedClip(catalog, created)
  const [pin] = await catalog.pins.ofClip(id)
  if (pin) await catalog.pins.prove(pin, { at: NOW + 10_000 })
  return (await catalog.clips.find(id)) as Clip
}

/** Several ways into one catalog, as several processes have them; already open. Returns one of them for each index. */
export async function openMany({ prepare }: Subject) {
  const connect = await prepare()
  const catalogs = [connect(), connect(), connect(), connect()]
  for (const catalog of catalogs) await catalog.check()
  return (index: number) => catalogs[index % catalogs.length] as Catalog
}
