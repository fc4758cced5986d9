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
      .meta({ description: 'Blocks to be verified, in place of the audio.' }),
  }),
}
const verifiable = { 'application/vnd.ipld.raw': {}, 'application/vnd.ipld.car': {} }
const responses = {
  '200': {
    description: 'The audio, a block or a CAR; never to change',
    content: { ...audioContent, ...verifiable },
  },
  '206': { description: 'The part that `Range` asked for', content: audioContent },
  '304': { description: 'The caller has it already' },
  ...problems('invalid_request', 'not_found', 'not_acceptable', 'precondition_failed'),
  ...problems('range_not_satisfiable', 'content_unreachable'),
}
const operation = { tags: ['Clips'], security: [] as [], requestParams, responses }

/**
 * Our own gateway.
 *
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/
 */
export const gatewayPaths: ZodOpenApiPathsObject = {
  '/ipfs/{cid}': {
    get: {
      ...operation,
      operationId: 'getContent',
      summary: 'What this service has stored, by its CID, for anyone to verify',
    },
    head: { ...operation, operationId: 'headContent', summary: 'The size and type of it' },
  },
}
