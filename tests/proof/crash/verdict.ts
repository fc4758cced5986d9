import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { independentCid } from '../../support/content-id.ts'
import type { Service } from '../../support/service.ts'
import type { StubVendors, VendorName } from '../../support/stub-vendors.ts'
import type { Answer } from './load.ts'
import { pathFor } from './load.ts'

/** Answered clips that are neither served here nor held by a provider under exactly their CID: one line each. */
export async function findLosses(
  service: Pick<Service, 'fetch'>,
  vendors: StubVendors,
  answers: Answer[],
): Promise<string[]> {
  const losses: string[] = []
  for (const answer of answers) {
    const problem = await problemWith(service, vendors, answer)
    if (problem) losses.push(`${answer.id} (${answer.cid}): ${problem}`)
  }
  return losses
}

async function problemWith(
  service: Pick<Service, 'fetch'>,
  vendors: StubVendors,
  answer: Answer,
): Promise<string | undefined> {
  const here = await service.fetch(pathFor(answer), { redirect: 'manual' })
  const bytes = await here.bytes()
  if (here.status === 200) return (await isClip(bytes, answer)) ? undefined : 'served with other bytes'
  if (here.status !== 302) return `the service answers ${here.status}`
  const there = await fetch(here.headers.get('location') ?? '')
  if (there.status !== 200) return `its provider’s gateway answers ${there.status}`
  if (!(await isClip(await there.bytes(), answer))) return 'held by its provider with other bytes'
  if (answer.isTemporary || !answer.provider) return undefined
  const held = await vendors.content(answer.provider as VendorName, answer.ipfsHash ?? '')
  return held ? undefined : `${answer.provider} was said to hold it and does not`
}

async function isClip(bytes: Uint8Array, { cid }: Answer): Promise<boolean> {
  return (await independentCid(bytes)) === cid
}

/**
 * Content that one provider was given more than once although it answered truthfully whether it held it: one line each,
 * with all tries. A provider that cannot answer that is sent the clip, which costs it nothing. The service must be down.
 */
export async function findDoubles(
  directory: string,
  vendors: StubVendors,
  names: readonly VendorName[],
): Promise<string[]> {
  const database = openCatalog(directory)
  const tries = database.prepare(
    `select provider, "trigger", outcome, error from attempts
     where clip_id in (select id from clips where cid = ?) order by id`,
  )
  const found: string[] = []
  for (const name of names) {
    const unanswered = (await vendors.requests({ vendor: name, endpoint: 'lookup' }))
      .filter(({ fault, isComplete }) => fault !== undefined || !isComplete)
      .map(({ path }) => path)
    for (const { cid, uploads } of await vendors.holdings(name)) {
      if (uploads < 2 || unanswered.some((path) => path.includes(cid))) continue
      const history = tries.all(cid).map((row) => Object.values(row).join(' '))
      found.push(`${cid}: given to ${name} ${uploads} times; ${history.join('; ')}`)
    }
  }
  database.close()
  return found
}

function openCatalog(directory: string): DatabaseSync {
  return new DatabaseSync(path.join(directory, 'catalog.sqlite'), { readOnly: true, timeout: 10_000 })
}

interface Row {
  id: string
  state: string
  cid: string
  size_bytes: number
  is_held: number
  provider: VendorName | null
  ipfs_hash: string | null
}

/** Where the catalog disagrees with the files, the answers or the providers: one line each. The service must be down. */
export async function findDisagreements(
  directory: string,
  vendors: StubVendors,
  answers: Answer[],
): Promise<string[]> {
  const database = openCatalog(directory)
  const rows = database.prepare('select * from clips').all() as unknown as Row[]
  const integrity = JSON.stringify(database.prepare('pragma integrity_check').all())
  database.close()
  const byId = new Map(rows.map((row) => [row.id, row]))
  return [
    ...(integrity.includes('"ok"') ? [] : [`the catalog is damaged: ${integrity}`]),
    ...(await checkFiles(directory, byId)),
    ...(await checkRows(vendors, rows)),
    ...checkAnswers(answers, byId),
  ]
}

async function checkFiles(directory: string, byId: Map<string, Row>): Promise<string[]> {
  const found: string[] = []
  const names = await readdir(path.join(directory, 'audio'))
  const held = new Set(names)
  for (const name of names) {
    // A write that a kill broke off: clean-up leaves it alone for an hour, since another process might be at it.
    if (name.endsWith('.partial')) continue
    const row = byId.get(name)
    if (!row) found.push(`file ${name} has no record`)
    else if (row.is_held !== 1) found.push(`file ${name} is not held according to its record (${row.state})`)
    else if ((await stat(path.join(directory, 'audio', name))).size !== row.size_bytes) {
      found.push(`file ${name} has another size than its record says`)
    }
  }
  for (const row of byId.values()) {
    if (row.is_held === 1 && !held.has(row.id)) found.push(`record ${row.id} (${row.state}) has no file`)
  }
  return found
}

async function checkRows(vendors: StubVendors, rows: Row[]): Promise<string[]> {
  const found: string[] = []
  for (const { id, state, provider, ipfs_hash: ipfsHash } of rows) {
    if (state !== 'stored') found.push(`record ${id} is ${state} in the end`)
    else if (!provider || !(await vendors.content(provider, ipfsHash ?? ''))) {
      found.push(`record ${id} is stored, but ${provider} does not hold ${ipfsHash}`)
    }
  }
  return found
}

function checkAnswers(answers: Answer[], byId: Map<string, Row>): string[] {
  return answers
    .filter(({ id, cid }) => byId.get(id)?.cid !== cid)
    .map(({ id }) => `answered clip ${id} is not in the catalog with its CID`)
}

/** Clips that were kept and are not the one that their key was answered with: one line each. */
export function findKeysPaidTwice(directory: string): string[] {
  const database = openCatalog(directory)
  const rows = database
    .prepare(
      `select id, state, characters from clips
       where state <> 'speaking' and id not in (select clip_id from idempotency_keys where clip_id is not null)`,
    )
    .all()
  database.close()
  return rows.map(
    ({ id, state, characters }) => `clip ${id} (${state}, ${characters} characters) is of no key`,
  )
}
