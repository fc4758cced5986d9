import type { z } from 'zod'
import { type FieldError, ServiceError } from '#lib/model/errors.ts'

/** A body of `POST /api/agents/vocalize`, for whoever has sent none that can be read. */
export const BODY_EXAMPLE = '{"text":"Hello","voiceId":"…"}'

/**
 * Reads a JSON body of at most `maxBytes`, whatever its `Content-Type` says, and checks it against `schema`.
 *
 * @throws ServiceError `body_too_large`, `invalid_http` (the caller broke off), `invalid_json`, `invalid_request` (with one
 * entry in `errors` a field)
 */
export async function readJson<T>(request: Request, schema: z.ZodType<T>, maxBytes: number): Promise<T> {
  return parseWith(schema, parseJson(await readBytes(request, maxBytes)))
}

/** Checks `value` against `schema`. @throws ServiceError `invalid_request` */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown, path?: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const errors: FieldError[] = result.error.issues.map((issue) => ({
    path: path ?? issue.path.join('.'),
    message: issue.message,
  }))
  const details = errors.map((error) => `${error.path || 'the body'}: ${error.message}`).join('; ')
  throw new ServiceError('invalid_request', `The request is not valid: ${details}`, { errors })
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () => new ServiceError('body_too_large', `The body may be at most ${maxBytes} bytes long`)
  if (Number(request.headers.get('Content-Length') ?? 0) > maxBytes) throw tooLarge()
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  try {
    for await (const chunk of request.body ?? []) {
      sizeBytes += chunk.byteLength
      if (sizeBytes > maxBytes) break
      chunks.push(chunk)
    }
  } catch (cause) {
    throw new ServiceError('invalid_http', 'The body of the request broke off', { cause })
  }
  if (sizeBytes > maxBytes) throw tooLarge()
  return Buffer.concat(chunks)
}

function parseJson(bytes: Uint8Array): unknown {
  const example = `send an object such as ${BODY_EXAMPLE}`
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    const what = bytes.byteLength === 0 ? 'The body is empty' : 'The body is not valid JSON in UTF-8'
    throw new ServiceError('invalid_json', `${what}: ${example}`, { cause })
  }
}
