import { z } from 'zod'
import type { PendingResult } from '#lib/clips/upload-pending.ts'
import type { Services } from '#lib/context.ts'
import { absoluteUrl } from '#lib/model/permanent-url.ts'
import * as field from './fields.ts'

/** `?limit=` of the retry route. */
export const retryLimitSchema = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a whole number from 1 to 1000')
  .transform(Number)
  .pipe(z.number().min(1).max(1000))

export const retryAnswerSchema = z
  .object({
    success: field.success,
    processed: field.count,
    successCount: field.count,
    failureCount: field.count,
    remaining: field.count,
    results: z.array(
      z.union([
        z.object({
          id: field.clipId,
          status: z.literal('success'),
          ipfsHash: z.string(),
          url: z.url(),
          provider: field.provider,
        }),
        z.object({ id: field.clipId, status: z.literal('failed'), error: z.string(), attempts: field.count }),
      ]),
    ),
  })
  .meta({ id: 'RetryAnswer' })

/** The answer of the retry route, as the contract fixes it. */
export function retryAnswer(
  { scrub }: Services,
  { results, ...counts }: PendingResult & { remaining: number },
  baseUrl: string,
) {
  return {
    success: true,
    ...counts,
    results: results.map((result) =>
      result.status === 'success'
        ? { ...result, url: absoluteUrl(result.url, baseUrl) }
        : { ...result, error: scrub(result.error.message) },
    ),
  }
}
