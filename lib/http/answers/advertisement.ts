import { BytesResponse } from '#lib/http/bytes/bytes-response.ts'
import type { Handler } from '#lib/http/respond.ts'
import { DAG_JSON } from '#lib/ipfs/ipni/block.ts'
import { signedHead } from '#lib/ipfs/ipni/signed-head.ts'
import { ServiceError } from '#lib/model/errors.ts'

const FOREVER = 'public, max-age=29030400, immutable'
const NEVER = 'no-cache, no-store, must-revalidate'

/**
 * Answers `GET /ipni/v1/ad/head` with the latest advertisement, and `GET /ipni/v1/ad/{cid}` with one of them or with a
 * chunk of its entries.
 *
 * @see https://github.com/ipni/specs/blob/main/IPNI_HTTP_PROVIDER.md
 */
export const answerAdvertisement: Handler = async (request, { services: { catalog, ipni } }) => {
  const name = new URL(request.url).pathname.split('/').at(-1) ?? ''
  if (!ipni) throw new ServiceError('not_found', 'This service publishes no advertisements (IPNI_ANNOUNCE)')
  if (name === 'head') {
    const chain = await catalog.ipni.chain()
    if (!chain?.head) return new Response(null, { status: 204, headers: { 'Cache-Control': NEVER } })
    return answerOf(signedHead(await ipni.identity(), chain.head), NEVER)
  }
  const body = await catalog.ipni.block(name)
  if (body === null) throw new ServiceError('not_found', 'This is not part of our chain of advertisements')
  return answerOf(body, FOREVER)
}

function answerOf(body: string, cacheControl: string): Response {
  const headers = {
    'Content-Type': DAG_JSON,
    'Cache-Control': cacheControl,
    'X-Content-Type-Options': 'nosniff',
  }
  return new BytesResponse(Buffer.from(body), { headers })
}
