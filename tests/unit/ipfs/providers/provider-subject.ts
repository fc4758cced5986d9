import { expect } from 'vitest'
import type { IpfsProvider } from '#lib/ipfs/providers/provider.ts'
import { bytesOf } from '../content.ts'

/** The time at which every provider under test lives. */
export const now = Date.UTC(2026, 10, 22, 12, 0, 0)
export const gatewayUrl = 'https://gateway.test'

/** What the suite has to know about a provider. */
export interface Subject {
  title: string
  name: string
  /** Makes the provider; all its endpoints stand under `baseUrl`. */
  create(options: {
    baseUrl: string
    gatewayUrl: string
    now: () => number
    onNote(note: string): void
  }): IpfsProvider
  /** The headers that every request must carry. */
  credentials: Record<string, string>
  /** What no error may show. */
  secrets: string[]
  /** `otherPath`: where a plain file is sent to, once the CAR was refused. */
  upload: { path: string; sends: 'car' | 'file'; answer(cid: string): string; otherPath?: string }
  /** A recorded refusal, and the part of it that an error should repeat. */
  refusal: { body: string; says: string }
  holds: {
    method: 'get' | 'post'
    path: string
    yes(cid: string): string
    no(cid: string): { status: number; body: string }
  }
  /** How it unpins what a lookup has found; missing where it cannot. */
  unpin?: {
    method: 'delete' | 'post'
    path: string
    /** Where it looks for the pin before, if that is not where `holds` does: with it, or without any. */
    list?: { path: string; yes(cid: string): string; no: string }
    /** The pin that was found is removed. */
    yes: { status: number; body: string | null }
    /** There is no such pin. */
    no: { status: number; body: string }
  }
}

/** For tests in which nothing has to be learned. */
export const noNote = () => {}

/** The error that `work` fails with, which must be a ProviderError. */
export async function failureIn(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ name: 'ProviderError' })
  return error as Error & { isRetryable: boolean; mayHaveStored: boolean; statusCode?: number }
}

/** The file part of a form, or the whole body. */
export async function receivedBytes(request: Request): Promise<Uint8Array> {
  const isForm = request.headers.get('content-type')?.startsWith('multipart/form-data')
  if (!isForm) return new Uint8Array(await request.arrayBuffer())
  const file = (await request.formData()).get('file')
  if (!(file instanceof Blob)) throw new Error('The form has no file')
  return bytesOf(file)
}
