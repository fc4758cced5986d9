import { ProviderError } from '#lib/model/errors.ts'

const isMissing = (error: ProviderError) => error.statusCode === 404

/** `true` once `removal` has ended, also where the service says by an error that `isAbsent` that there is nothing to remove. */
export async function removed(removal: Promise<unknown>, isAbsent = isMissing): Promise<true> {
  try {
    await removal
  } catch (error) {
    if (!ProviderError.isInstance(error) || !isAbsent(error)) throw error
  }
  return true
}
