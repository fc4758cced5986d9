import { buffer } from 'node:stream/consumers'
import { expect } from 'vitest'
import { type FailedPut, type PutResult, TempAudioError, type TempAudioStore } from '#lib/temp-audio/store.ts'
import { seededRandom } from '../../support/random.ts'

/** A store that must pass the conformance suite. `open` returns an empty one, which is gone when the test ends. */
export interface Subject {
  title: string
  open(): Promise<TempAudioStore>
}

/** Bytes that look random, cut into chunks as a vendor might. */
export function audioBytes(sizeBytes: number, seed = 1): Buffer {
  const random = seededRandom(seed)
  return Buffer.from(Uint8Array.from({ length: sizeBytes }, () => random() * 256))
}

export async function* inChunks(bytes: Uint8Array, chunkBytes = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
}

export async function readAll(store: TempAudioStore, id: string, range?: { start: number; end: number }) {
  const stream = await store.read(id, range)
  return stream && buffer(stream)
}

export async function listAll(store: TempAudioStore, options?: Parameters<TempAudioStore['list']>[0]) {
  return Array.fromAsync(store.list(options))
}

export const hostileIds = [
  '',
  '.',
  '..',
  '../escape',
  '../../etc/passwd',
  '/etc/passwd',
  `${'a'.repeat(31)}/`,
  `${'a'.repeat(32)}\0`,
  `../${'a'.repeat(32)}`,
  `${'a'.repeat(32)}/..`,
  'A'.repeat(32),
  'g'.repeat(32),
  'a'.repeat(31),
  'a'.repeat(33),
  `${'a'.repeat(32)}\n`,
  'aux',
  '%2e%2e%2f',
]

/** What a store rescued of a clip that it could not keep. */
export async function failedPut(put: Promise<PutResult>): Promise<FailedPut> {
  const result = await put
  if (result.status === 'kept') expect.unreachable('The store kept the clip')
  expect(result.error).toBeInstanceOf(TempAudioError)
  return result
}
