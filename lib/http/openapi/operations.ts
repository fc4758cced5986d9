import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import { retryAnswerSchema, retryLimitSchema } from '#lib/http/answers/retry.ts'
import { answer, problems } from './parts.ts'

const tags = ['Operation']

const healthAnswerSchema = z.object({ status: z.enum(['alive', 'ready']) }).meta({ id: 'HealthAnswer' })

const retry = {
  description:
    'Uploads clips that wait for IPFS, now, those first whose turn it is, and answers how each of them went. They are uploaded by themselves as well.',
  tags,
  requestParams: {
    query: z.object({
      limit: retryLimitSchema.optional().meta({
        description: 'The largest number of clips to upload, 1 to 1000; 100 by default.',
        override({ jsonSchema }) {
          Object.assign(jsonSchema, { type: 'integer', minimum: 1, maximum: 1000 })
          delete jsonSchema.pattern
        },
      }),
    }),
  },
  responses: {
    '200': answer('The result of each upload', retryAnswerSchema),
    ...problems('invalid_request', 'unauthorized', 'rate_limited', 'storage_unavailable'),
  },
}

/** The routes for operators and monitoring. */
export const operationPaths: ZodOpenApiPathsObject = {
  '/api/admin/retry-ipfs': {
    post: {
      operationId: 'retryUploads',
      summary: 'Upload the pending clips now',
      ...retry,
      security: [{ adminKey: [] }],
    },
    get: {
      operationId: 'retryUploadsByCron',
      summary: 'Upload the pending clips now, called by cron',
      ...retry,
      security: [{ adminKey: [] }, { cronSecret: [] }],
    },
  },
  '/api/admin/export': {
    get: {
      operationId: 'exportRecords',
      summary: 'Read all records, as JSON lines',
      description:
        'Each line is `{"type": …, "record": …}`, times in milliseconds since the epoch. The last one is `{"type":"end","records":n}`: without it the export has broken off.',
      tags,
      security: [{ adminKey: [] }],
      responses: {
        '200': { description: 'The records', content: { 'application/jsonl': { schema: z.string() } } },
        ...problems('unauthorized', 'rate_limited'),
      },
    },
  },
  '/api/health': {
    get: {
      operationId: 'getHealth',
      summary: 'Check that the service is alive',
      description: 'Answers as long as the process runs, whatever the state of what it depends on.',
      tags,
      security: [],
      responses: { '200': answer('The service is alive', healthAnswerSchema), ...problems() },
    },
  },
  '/api/health/ready': {
    get: {
      operationId: 'getReadiness',
      summary: 'Check that the service is ready for requests',
      description: 'Says 503, and why, while records or audio cannot be kept, and while the service stops.',
      tags,
      security: [],
      responses: {
        '200': answer('The service is ready', healthAnswerSchema),
        ...problems('not_ready', 'shutting_down'),
      },
    },
  },
  '/api/metrics': {
    get: {
      operationId: 'getMetrics',
      summary: 'Get the metrics in the text format of Prometheus',
      description:
        'Counts and durations of requests, speech, uploads and clips since the start, and what is waiting now.',
      tags,
      security: [{ metricsToken: [] }, { adminKey: [] }],
      responses: {
        '200': { description: 'The metrics', content: { 'text/plain': { schema: z.string() } } },
        ...problems('unauthorized', 'rate_limited', 'storage_unavailable'),
      },
    },
  },
  '/api/openapi.json': {
    get: {
      operationId: 'getDescription',
      summary: 'Get this description',
      description:
        'Every operation with its parameters, its answers and its errors, in OpenAPI 3.1. `/openapi.json` is the same.',
      tags,
      security: [],
      responses: { '200': answer('OpenAPI 3.1', z.looseObject({ openapi: z.string() })), ...problems() },
    },
  },
}
