import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { multiaddr } from '@multiformats/multiaddr'
import { CID } from 'multiformats'
import { type Advertisement, nodeOf, verifyAdvertisement, verifyHead } from './verify.ts'

const NO_ENTRIES = 'bafkreehdwdcefgh4dqkjv67uzcmw7oje'
/** `IpfsGatewayHttp.UnmarshalBinary` of go-libipni takes these bytes and no others. */
const GATEWAY = Buffer.from([0xa0, 0x12, 0x00])
/** https://github.com/ipni/specs/blob/main/IPNI.md#entrychunk-chain */
const MAX_CHUNK_BYTES = 4 * 1024 ** 2
const MAX_CHUNKS = 400

/** An indexer of the network, with the routing API through which clients ask it. */
export interface Indexer {
  url: string
  /** The CIDs of the advertisements that it has ingested, oldest first. */
  ingested: string[]
  /** How often it was told. */
  announcements: number
  /** Answers the next announcements by these statuses. */
  answerNext(...statuses: number[]): void
  /** Resolves when it has ingested what it was told of. @throws what it refused */
  settled(): Promise<void>
  /** Whether it knows a provider of `cid`. */
  knows(cid: string): boolean
  close(): void
}

/**
 * Ingests as storetheindex does: it answers an announcement before it does anything, then fetches the head, walks to what
 * it knows, verifies every block and signature, and works from the oldest to the newest.
 *
 * https://github.com/ipni/storetheindex/blob/main/server/ingest/server.go and internal/ingest
 */
export async function startIndexer(): Promise<Indexer> {
  const ingested: string[] = []
  const statuses: number[] = []
  /** The contexts that have each multihash, in hex. */
  const contexts = new Map<string, Set<string>>()
  let provider: { ID: string; Addrs: string[] } | undefined
  let syncing: Promise<void> = Promise.resolve()
  const hashOf = (cid: string) => Buffer.from(CID.parse(cid).multihash.bytes).toString('hex')

  async function sync(address: string) {
    const { url, peerId } = publisherAt(address)
    const fetchBlock = async (name: string) => {
      const response = await fetch(`${url}/ipni/v1/ad/${name}`)
      if (response.status !== 200) throw new Error(`non success http fetch response: ${response.status}`)
      return response.bytes()
    }
    const signed = await verifyHead(await fetchBlock('head'))
    if (signed.peerId !== peerId) throw new Error('The head is signed by another than the publisher')
    const stack: { cid: CID; ad: Advertisement }[] = []
    for (let cid: CID | undefined = signed.head; cid && !ingested.includes(cid.toString()); ) {
      const ad: Advertisement = await nodeOf(cid, await fetchBlock(cid.toString()))
      await verifyAdvertisement(ad)
      stack.push({ cid, ad })
      cid = ad.PreviousID
    }
    const removedLater = new Set<string>()
    const isSkipped = stack.map(({ ad }) => {
      const context = Buffer.from(ad.ContextID).toString('hex')
      if (ad.IsRm) removedLater.add(context)
      return !ad.IsRm && removedLater.has(context)
    })
    // An address is always that of the latest advertisement.
    const addresses = stack[0]?.ad.Addresses
    if (addresses) provider = { ID: peerId, Addrs: addresses }
    for (const [index, { cid, ad }] of [...stack.entries()].reverse()) {
      if (!isSkipped[index]) await ingest(ad, fetchBlock)
      ingested.push(cid.toString())
    }
  }

  async function ingest(ad: Advertisement, fetchBlock: (name: string) => Promise<Uint8Array<ArrayBuffer>>) {
    const context = Buffer.from(ad.ContextID).toString('hex')
    if (ad.IsRm) {
      for (const known of contexts.values()) known.delete(context)
      return
    }
    const hasEntries = ad.Entries.toString() !== NO_ENTRIES
    if (ad.Metadata.byteLength === 0) {
      if (hasEntries) throw new Error('advertisement missing metadata')
      return
    }
    if (!GATEWAY.equals(ad.Metadata)) throw new Error('transport ID does not match')
    let chunks = 0
    for (let cid: CID | undefined = hasEntries ? ad.Entries : undefined; cid; chunks += 1) {
      if (chunks === MAX_CHUNKS) throw new Error('The entries have too many chunks')
      const body = await fetchBlock(cid.toString())
      if (body.byteLength > MAX_CHUNK_BYTES) throw new Error('The chunk is too large')
      const { Entries, Next } = await nodeOf<{ Entries: Uint8Array[]; Next?: CID }>(cid, body)
      for (const bytes of Entries) {
        const hash = Buffer.from(bytes).toString('hex')
        contexts.set(hash, (contexts.get(hash) ?? new Set()).add(context))
      }
      cid = Next
    }
  }

  const indexer: Indexer = {
    url: '',
    ingested,
    announcements: 0,
    answerNext: (...next) => void statuses.push(...next),
    settled: () => syncing,
    knows: (cid) => (contexts.get(hashOf(cid))?.size ?? 0) > 0,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }

  const server = createServer(async (request, response) => {
    const { method, url = '' } = request
    if (url === '/ingest/announce') {
      indexer.announcements += 1
      const status = statuses.shift() ?? 204
      if (method !== 'PUT') return response.writeHead(405).end()
      const isJson = request.headers['content-type'] === 'application/json'
      const { Cid, Addrs } = (await json(request)) as { Cid: { '/': string }; Addrs: string[] }
      if (!isJson || !Addrs[0] || !CID.parse(Cid['/'])) return response.writeHead(400).end()
      response.writeHead(status).end(status >= 400 ? 'announce requests not allowed from peer' : '')
      // One publisher is worked on once at a time.
      const [address] = Addrs
      if (status === 204) syncing = syncing.then(() => sync(address))
      // Whoever wants to know asks `settled`.
      return void syncing.catch(() => {})
    }
    const [, cid = ''] = /^\/routing\/v1\/providers\/(\w+)/.exec(url) ?? []
    if (!cid || !provider || !indexer.knows(cid)) return response.writeHead(404).end()
    const peer = { Schema: 'peer', ...provider, Protocols: ['transport-ipfs-gateway-http'] }
    response.writeHead(200, { 'Content-Type': 'application/json' })
    return response.end(JSON.stringify({ Providers: [peer] }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  indexer.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return indexer
}

/** The publisher that a multiaddr in base64 names, as in an announcement. */
function publisherAt(base64: string): { url: string; peerId: string } {
  const components = multiaddr(Buffer.from(base64, 'base64')).getComponents()
  const componentOf = (...names: string[]) => components.find(({ name }) => names.includes(name))?.value ?? ''
  const scheme = components.some(({ name }) => name === 'https') ? 'https' : 'http'
  const url = `${scheme}://${componentOf('dns', 'ip4', 'ip6')}:${componentOf('tcp')}`
  return { url, peerId: componentOf('p2p') }
}
