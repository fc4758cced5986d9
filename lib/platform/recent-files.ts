import { type BigIntStats, statSync } from 'node:fs'
import { MEBIBYTE } from './units.ts'
import { fileVersion } from './verified-files.ts'

/** Of all files together: hundreds of clips of a few seconds. */
const MAX_BYTES = 32 * MEBIBYTE

const kept = new Map<string, { version: string; content: Buffer }>()
let keptBytes = 0

/**
 * The content of the file `place`, and what the file system says of it, where it was kept and is the same file still:
 * to ask takes a fraction of the time of opening and reading it.
 */
export function recentFile(place: string): { facts: BigIntStats; content: Buffer } | undefined {
  const found = kept.get(place)
  if (!found) return undefined
  forget(place)
  const facts = statSync(place, { bigint: true, throwIfNoEntry: false })
  if (!facts || fileVersion(facts) !== found.version) return undefined
  remember(place, found)
  return { facts, content: found.content }
}

/** Keeps the whole `content` of a file in memory, in place of those that were not read for longest. */
export function keepRecent(place: string, facts: BigIntStats, content: Buffer): void {
  forget(place)
  remember(place, { version: fileVersion(facts), content })
  for (const oldest of kept.keys()) {
    if (keptBytes <= MAX_BYTES) break
    forget(oldest)
  }
}

function remember(place: string, file: { version: string; content: Buffer }) {
  kept.set(place, file)
  keptBytes += file.content.byteLength
}

function forget(place: string) {
  keptBytes -= kept.get(place)?.content.byteLength ?? 0
  kept.delete(place)
}
