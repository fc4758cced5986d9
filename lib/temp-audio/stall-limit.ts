import type { Readable } from 'node:stream'
import { type Clock, withTimeLimit } from '#lib/platform/clock.ts'

/** The longest time between two chunks of a download. */
const STALL_TIMEOUT_MS = 5000

/** The bytes of `body`. @throws Error when no chunk arrives in time: without it a reader could wait for ever */
export async function* unlessStalled(body: Readable, clock: Clock): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]()
  const timeoutError = () => new Error('A download from the bucket stalled')
  try {
    for (;;) {
      const chunk = await withTimeLimit(() => chunks.next(), {
        clock,
        timeoutMs: STALL_TIMEOUT_MS,
        timeoutError,
      })
      if (chunk.done) return
      yield chunk.value
    }
  } finally {
    body.destroy()
  }
}
