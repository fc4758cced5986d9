import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'
import { ProviderError } from '#lib/model/errors.ts'
import type { UploadOptions } from './provider.ts'

/** Uploads the content in one way, and gives the CID under which the service holds it. */
type Send = (content: IpfsContent, signal: AbortSignal) => Promise<string>

interface CarOrFileOptions {
  sendCar: Send
  sendFile: Send
  /** Takes what the operator should know, once. */
  onNote: (note: string) => void
}

/**
 * Uploads content as a CAR, which keeps its CID. A service that refuses the CAR is sent the plain file in the same
 * attempt, and with `prefersFile` nothing else; where it takes that, it is sent plain files from then on, for as long as
 * this process lives, and `note` says so.
 */
export function createCarOrFile({ sendCar, sendFile, onNote }: CarOrFileOptions) {
  let note: string | undefined
  return {
    get note() {
      return note
    },
    async upload(
      content: IpfsContent,
      { signal, prefersFile = false }: UploadOptions,
    ): Promise<{ cid: string }> {
      let refusal: ProviderError | undefined
      if (!note && !prefersFile) {
        try {
          return { cid: await sendCar(content, signal) }
        } catch (error) {
          if (!isRefusedCar(error)) throw error
          refusal = error
        }
      }
      const cid = await sendFile(content, signal)
      if (!note) {
        const why = refusal ? `Takes no CARs (${refusal.message})` : 'Took a CAR and has not delivered it'
        note = `${why}, so clips are sent as plain files until the next start`
        onNote(note)
      }
      return { cid }
    },
  }
}

/** Statuses that are about the caller, the size or the moment, and would be the same for a plain file. */
const otherRefusals = new Set([401, 408, 413, 425, 429])

/** Whether the service does not want the CAR, and has stored nothing of it. */
function isRefusedCar(error: unknown): error is ProviderError {
  if (!ProviderError.isInstance(error) || error.mayHaveStored) return false
  const { statusCode = 0 } = error
  if (statusCode >= 400 && statusCode < 500) return !otherRefusals.has(statusCode)
  return statusCode === 501 || (statusCode === 500 && isUnknownCommand(error))
}

/** Whether the service refused a command because it does not know it, so that nothing has been stored. */
export function isUnknownCommand(error: unknown): boolean {
  if (!ProviderError.isInstance(error)) return false
  const { statusCode = 0, message } = error
  if ([404, 405, 501].includes(statusCode)) return true
  const isUnknown =
    /(unknown|no such|unsupported) (command|method|endpoint)|command not found|not (supported|implemented)/i
  return [400, 500].includes(statusCode) && isUnknown.test(message)
}
