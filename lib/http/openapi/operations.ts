import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import { retryAnswerSchema, retryLimitSchema } from '#lib/http/answers/retry.ts'
import { answer, problems } from './parts.ts'

const tags = ['Operation']

const healthAnswerSchema = z.object({ status: z.enum(['alive', 'ready']) }).meta({ id: 'HealthAnswer' })

const retry = {
  tags,
  requestParams: {
    query: z.object({
      limit: retryLimitSchema.optional().meta({
        description: 'At most so many clips: 1 to 1000, by default 100.',
        override({ jsonSchema }) {
          Object.assign(jsonSchema, { type: 'integer', minimum: 1, maximum: 1000 })
          delete jsonSchema.pattern
        },
      }),
    }),
  },
  responses: {
    '200': answer('What came of it', retryAnswerSchema),
    ...problems('invalid_request', 'unauthorized', 'storage_unavailable'),
  },
}

/** What operators and their machines use. */
export const operationPaths: ZodOpenApiPathsObject = {
  '/api/admin/retry-ipfs': {
    post: {
      operationId: 'retryUploads',
      summary: 'Upload now what waits for IPFS',
      ...retry,
      security: [{ adminKey: [] }],
    },
    get: {
      operationId: 'retryUploadsByCron',
      summary: 'The same, for cron',
      ...retry,
      security: [{ adminKey: [] }, { cronSecret: [] }],
    },
  },
  '/api/health': {
    get: {
      operationId: 'getHealth',
      summary: 'Whether the process is alive',
      tags,
      security: [],
      responses: { '200': answer('It is', healthAnswerSchema), ...problems() },
    },
  },
  '/api/health/ready': {
    get: {
      operationId: 'getReadiness',
      summary: 'Whether it can take requests',
      tags,
      security: [],
      responses: { '200': answer('It can', healthAnswerSchema), ...problems('not_ready', 'shutting_down') },
    },
  },
  '/api/metrics': {
    get: {
      operationId: 'getMetrics',
      summary: 'Figures in the text format of Prometheus',
      tags,
      security: [{ metricsToken: [] }, { adminKey: [] }],
      responses: {
        '200': { description: 'The figures', content: { 'text/plain': { schema: z.string() } } },
        ...problems('unauthorized', 'storage_unavailable'),
      },
    },
  },
  '/api/openapi.json': {
    get: {
      operationId: 'getDescription',
      summary: 'This description',
      tags,
      security: [],
      responses: { '200': answer('OpenAPI 3.1', z.looseObject({ openapi: z.string() })), ...problems() },
    },
  },
}
