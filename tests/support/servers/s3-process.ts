import { fork } from 'node:child_process'
import { once } from 'node:events'
import { type S3Server, startS3 } from './s3.ts'
import { type OnUnasked, tellOfUnaskedEnd } from './unasked-end.ts'

/** An S3-compatible store in a process of its own, which ends with this one. */
export interface S3Process extends Pick<S3Server, 'url' | 'bucket' | 'environment'> {
  /** Nothing can be stored or read from now on, in the way in which this store fails. */
  fail(): Promise<void>
  /** Works again, with all that it has kept. */
  mend(): Promise<void>
  stop(): Promise<void>
}

interface Started {
  url: string
  bucket: string
  environment: Record<string, string>
}

const FORGET_EVERY_MS = 10_000

/** Starts the stand-in, with its objects as files under `storageDirectory`. It fails by answering 503. */
export async function spawnS3(
  storageDirectory: string,
  { onUnasked }: { onUnasked?: OnUnasked } = {},
): Promise<S3Process> {
  const child = fork(import.meta.filename, [storageDirectory], { execArgv: [], stdio: 'inherit' })
  const exited = once(child, 'exit')
  const answer = <T>() =>
    Promise.race([
      once(child, 'message').then(([message]) => message as T),
      exited.then(([code]) => Promise.reject(new Error(`The S3 stand-in ended with ${code}`))),
    ])
  const { url, bucket, environment } = await answer<Started>()
  const asked = tellOfUnaskedEnd(child, onUnasked)
  const failWith = async (status: number | undefined) => {
    child.send({ status })
    await answer()
  }
  return {
    url,
    bucket,
    environment: () => environment,
    fail: () => failWith(503),
    mend: () => failWith(undefined),
    async stop() {
      asked()
      child.kill()
      await exited
    },
  }
}

async function main(storageDirectory: string): Promise<void> {
  const server = await startS3({ storageDirectory })
  // It may run for days.
  setInterval(() => server.requests.splice(0), FORGET_EVERY_MS).unref()
  process.on('message', ({ status }: { status?: number }) => {
    server.failWith(status)
    process.send?.({})
  })
  // A Ctrl-C is for those who stop it in order.
  process.on('SIGINT', () => {})
  process.once('disconnect', () => process.exit())
  const { url, bucket } = server
  process.send?.({ url, bucket, environment: server.environment() } satisfies Started)
}

if (import.meta.main) await main(process.argv[2] as string)
