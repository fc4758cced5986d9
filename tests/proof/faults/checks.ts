import { isDeepStrictEqual } from 'node:util'
import type { Vocalized } from '../../support/service.ts'

const heard = ['mimeType', 'bytes', 'durationMs', 'characters', 'spokenBy', 'contentCredentials']
const common = ['id', 'audioUrl', 'pageUrl', 'cid', 'isTemporary', ...heard]
const storedFields = [...common, 'ipfsHash', 'provider'].sort()
const temporaryFields = [...common, 'expiresAt', 'note'].sort()

/** Why an answer is not the contract's for a clip that is stored or kept temporarily; `undefined` when it is. */
export function problemOfAnswer(answer: Vocalized, isStored: boolean, limitMs: number): string | undefined {
  const { status, body, elapsedMs } = answer
  if (status !== 200) return `${status} ${body.code} in place of 200`
  if (body.data.isTemporary === isStored) return isStored ? 'not recognised as stored' : 'said to be stored'
  const fields = Object.keys(body.data).sort()
  if (!isDeepStrictEqual(fields, isStored ? storedFields : temporaryFields)) return `fields: ${fields}`
  return elapsedMs > limitMs ? `took ${Math.round(elapsedMs)} ms, not ${limitMs}` : undefined
}

/** Why a refusal is not the contract's problem document; `undefined` when it is. */
export function problemOfRefusal(
  answer: Vocalized,
  expected: { status: number; code: string },
  limitMs: number,
): string | undefined {
  const { status, headers, body, elapsedMs } = answer
  if (status !== expected.status || body.code !== expected.code) return `${status} ${body.code}`
  if (headers.get('content-type') !== 'application/problem+json') return 'no problem document'
  if (body.success !== false || body.error !== body.detail || !body.requestId) return 'fields are missing'
  if (status === 503 && !Number(headers.get('retry-after'))) return 'no Retry-After'
  return elapsedMs > limitMs ? `took ${Math.round(elapsedMs)} ms, not ${limitMs}` : undefined
}
