import type { Services } from '#lib/context.ts'
import { describeError } from '#lib/platform/errors.ts'

/** What the names of callers begin with who are known by a key. */
export const KEY_CALLER = 'key:'

/** Whether a caller is known by a key. */
export const isKeyCaller = (caller: string) => caller.startsWith(KEY_CALLER)

/** Who made a clip, as its record has it: a keyed hash of the caller's key; `null` for callers without one. */
export async function makerOf(
  { keyedHash, log }: Pick<Services, 'keyedHash' | 'log'>,
  caller: string,
): Promise<string | null> {
  if (!isKeyCaller(caller)) return null
  try {
    return await keyedHash.hash(['clips of', caller])
  } catch (error) {
    log.warn(
      { error: describeError(error) },
      'The key of the hashes cannot be read; only the operator can list and delete what is made now',
    )
    return null
  }
}
