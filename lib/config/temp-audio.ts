import path from 'node:path'
import { GIBIBYTE } from '#lib/platform/units.ts'
import type { Reader } from './reader.ts'
import { flag, MAX_TIMER_MS, text, whole } from './variables.ts'

/** What lasts longer ends after the last date that JavaScript knows. */
const MAX_TTL_SECONDS = 100 * 365 * 24 * 3600

/** Where audio waits that no provider has taken yet, and for how long. */
export function readTempAudio({ read }: Reader, { baseDirectory }: { baseDirectory: string }) {
  return {
    /** Holds the audio, and the catalog where that is a file. */
    directory: read(
      'TEMP_AUDIO_DIR',
      text,
      path.join(/* turbopackIgnore: true */ baseDirectory, '.temp-audio'),
    ),
    /** How long a temporary URL works. */
    ttlMs: read('TEMP_AUDIO_TTL_SECONDS', whole(1, MAX_TTL_SECONDS), 3600) * 1000,
    /** How many bytes the audio may take up. */
    maxBytes: read('TEMP_AUDIO_MAX_BYTES', whole(1), 5 * GIBIBYTE),
    cleanupIntervalMs:
      read('CLEANUP_INTERVAL_SECONDS', whole(1, Math.floor(MAX_TIMER_MS / 1000)), 300) * 1000,
    /** Whether audio that no provider has taken outlives its time, up to `maxBytes`. */
    keepPending: read('KEEP_PENDING_AUDIO', flag, false),
  }
}
