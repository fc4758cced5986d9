import type { Services } from '#lib/context.ts'
import { TempAudioError } from '#lib/temp-audio/store.ts'

/** What a clip needs until it is safe: a connection to the vendor and one to a provider, its file, its directory, its CAR. */
const HANDLES_A_CLIP = 6
/** What the catalog, the log and those who listen need besides. */
const HANDLES_BESIDES = 16

/**
 * Makes sure that this process can open what the clips need that are being spoken: what was paid for
 * could not be kept otherwise.
 *
 * @throws TempAudioError when it cannot
 */
export async function requireFileHandles({ fileHandles, inFlight }: Services): Promise<void> {
  const needed = HANDLES_BESIDES + HANDLES_A_CLIP * inFlight.speaking.size
  const free = await fileHandles.free()
  if (free >= needed) return
  throw new TempAudioError(
    `This process may open only ${free} more files, and needs ${needed}; its operator can raise the limit (ulimit -n)`,
  )
}
