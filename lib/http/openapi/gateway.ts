import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import { DAG_JSON } from '#lib/ipfs/ipni/block.ts'
import { audioContent, binary, problems } from './parts.ts'

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
const verifiable = { 'application/vnd.ipld.raw': binary, 'application/vnd.ipld.car': binary }
const responses = {
  '200': {
    description: 'The audio, a block or a CAR; immutable',
    content: { ...audioContent, ...verifiable },
  },
  '206': { description: 'The part that `Range` asked for', content: audioContent },
  '304': { description: 'The caller has the content already' },
  ...problems('invalid_request', 'not_found', 'deleted', 'not_acceptable', 'precondition_failed'),
  ...problems('range_not_satisfiable', 'content_damaged', 'cache_disk_full', 'content_unreachable'),
}
const operation = { tags: ['Clips'], security: [] as [], requestParams, responses }

const advertisementName = z.string().meta({
  description: '`head`, or the CID of an advertisement or of a chunk of its entries.',
  example: 'head',
})

/**
 * The IPFS gateway of this service, and what it publishes to the indexers of the network.
 *
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/
 * @see https://github.com/ipni/specs/blob/main/IPNI_HTTP_PROVIDER.md
 */
export const gatewayPaths: ZodOpenApiPathsObject = {
  '/ipfs/{cid}': {
    get: {
      ...operation,
      operationId: 'getContent',
      summary: 'Get stored content by its CID',
      description:
        'The audio of a clip that this service has stored, or with `format` what lets a client verify it; never anything else. What is here only at others is fetched and verified first.',
    },
    head: {
      ...operation,
      operationId: 'headContent',
      summary: 'Get the size and type of stored content',
      description: 'The headers that `getContent` would answer, without the bytes.',
    },
  },
  '/ipni/v1/ad/{name}': {
    get: {
      tags: ['Clips'],
      security: [],
      operationId: 'getAdvertisement',
      summary: 'Get the latest advertisement for the indexers of the network, or a part of their chain',
      description:
        'For indexers of the IPFS network (IPNI), which learn by it which content can be fetched here.',
      requestParams: { path: z.object({ name: advertisementName }) },
      responses: {
        '200': {
          description: 'A node of the chain, or its signed head',
          content: { [DAG_JSON]: { schema: z.looseObject({}) } },
        },
        '204': { description: 'Nothing is advertised yet' },
        ...problems('not_found'),
      },
    },
  },
}
