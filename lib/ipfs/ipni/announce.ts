import { multiaddr } from '@multiformats/multiaddr'
import { readText } from '#lib/platform/read-text.ts'
import { createExcerpt } from '#lib/platform/response-excerpt.ts'

const MAX_ANSWER_BYTES = 65_536
/** Indexers get no secret that they could repeat. */
const excerpt = createExcerpt([])

/** What an indexer is told: the latest advertisement, who has published it, and where. */
export interface Announcement {
  head: string
  peerId: string
  /** The multiaddr of the publisher. */
  address: string
}

/**
 * Tells the indexer at `indexerUrl` that there is a new advertisement; it fetches the chain afterwards, when it likes.
 *
 * @see https://github.com/ipni/storetheindex/blob/main/server/ingest/server.go
 * @throws when the indexer cannot be reached or refuses, as with 403 a peer that it does not allow
 */
export async function announce(
  indexerUrl: string,
  { head, peerId, address }: Announcement,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const publisher = multiaddr(`${address}/p2p/${peerId}`)
  const message = { Cid: { '/': head }, Addrs: [Buffer.from(publisher.bytes).toString('base64')] }
  const response = await fetch(`${indexerUrl}/ingest/announce`, {
    method: 'PUT',
    // By any other type the indexer reads it as CBOR.
    headers: { 'Content-Type': 'application/json', 'User-Agent': 'Voicepin' },
    body: JSON.stringify(message),
    redirect: 'error',
    signal,
  })
  const { text } = await readText(response, { maxBytes: MAX_ANSWER_BYTES, allowPartial: true })
  if (!response.ok) throw new Error(`The indexer answered ${response.status}: ${excerpt(text)}`)
}
