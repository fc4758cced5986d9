import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { systemClock } from '#lib/platform/clock.ts'
import { newProcessName } from '#lib/platform/process-identity.ts'
import { type BucketOptions, createBucket } from '#lib/temp-audio/bucket.ts'
import { createS3Store, type S3StoreOptions } from '#lib/temp-audio/s3.ts'
import { type S3Server, startS3 } from '../../support/servers/s3.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { audioBytes } from './store-subject.ts'

export const MINUTE_MS = 60_000
export const MEBIBYTE = 1024 ** 2
export const bytes = audioBytes(200_000)

export function bucketOptions(server: S3Server, overrides: Partial<BucketOptions> = {}): BucketOptions {
  const { S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = server.environment()
  return {
    bucket: server.bucket,
    endpoint: server.url,
    region: 'us-east-1',
    accessKeyId: S3_ACCESS_KEY_ID,
    secretAccessKey: S3_SECRET_ACCESS_KEY,
    clock: systemClock,
    ...overrides,
  }
}

/** A store of a process of its own; `machine`: what others on the same machine share. */
export async function openStore({
  machine,
  bucket: bucketOverrides = {},
  ...overrides
}: Partial<Omit<S3StoreOptions, 'bucket'>> & {
  machine?: { server: S3Server; directory: string }
  bucket?: Partial<BucketOptions>
} = {}) {
  const server = machine?.server ?? (await startServer())
  const directory = machine?.directory ?? (await temporaryDirectory())
  const bucket = createBucket(bucketOptions(server, bucketOverrides))
  onTestFinished(() => bucket.close())
  const problems: unknown[] = []
  const store = createS3Store({
    bucket,
    directory,
    owner: newProcessName(),
    clock: systemClock,
    onProblem: (error) => problems.push(error),
    ...overrides,
  })
  return { store, bucket, server, directory, problems, copies: path.join(directory, 'copies') }
}

export async function startServer() {
  const server = await startS3()
  onTestFinished(() => server.stop())
  return server
}

/** A clock that stands still until it is moved. */
export function handClock() {
  let now = Date.now()
  return {
    clock: { ...systemClock, now: () => now },
    advance(ms: number) {
      now += ms
    },
  }
}

/** A clock whose waits last a fiftieth of what they are asked for, in milliseconds in `waitsMs`. */
export function quickClock() {
  const waitsMs: number[] = []
  const sleep = (ms: number, signal?: AbortSignal) => {
    waitsMs.push(ms)
    return systemClock.sleep(ms / 50, signal)
  }
  return { clock: { ...systemClock, sleep }, waitsMs }
}

export async function bytesOf(blob: Blob | null | undefined) {
  return blob && Buffer.from(await blob.arrayBuffer())
}

/** All files under the directory, by name. */
export async function filesIn(directory: string) {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}
