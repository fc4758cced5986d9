import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import { audioContent, problems } from './parts.ts'

const requestParams = {
  path: z.object({
    cid: z.string().meta({
      description: 'The CID of a clip, or of a block of it.',
      example: 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy',
    }),
  }),
  query: z.object({
    format: z
      .enum(['raw', 'car'])
      .optional()
      .meta({ description: 'One block or a CAR, which the client can verify, in place of the audio.' }),
  }),
}
const verifiable = { 'application/vnd.ipld.raw': {}, 'application/vnd.ipld.car': {} }
const responses = {
  '200': {
    description: 'The audio, a block or a CAR; immutable',
    content: { ...audioContent, ...verifiable },
  },
  '206': { description: 'The part that `Range` asked for', content: audioContent },
  '304': { description: 'The caller has the content already' },
  ...problems('invalid_request', 'not_found', 'not_acceptable', 'precondition_failed'),
  ...problems('range_not_satisfiable', 'content_damaged', 'cache_disk_full', 'content_unreachable'),
}
const operation = { tags: ['Clips'], security: [] as [], requestParams, responses }

/**
 * The IPFS gateway of this service.
 *
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/
 */
export const gatewayPaths: ZodOpenApiPathsObject = {
  '/ipfs/{cid}': {
    get: {
      ...operation,
      operationId: 'getContent',
      summary: 'Get stored content by its CID',
    },
    head: { ...operation, operationId: 'headContent', summary: 'Get the size and type of stored content' },
  },
}
