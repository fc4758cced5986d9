import { MEBIBYTE } from '#lib/platform/units.ts'
import type { MigrationResult } from './migrate-store.ts'

const PROBLEMS_SHOWN = 20

/** What the program prints: the proof, what is wrong, and what to know. */
export function proofText({ tables, audio, problems, warnings, isProven }: MigrationResult): string {
  const lines: string[] = []
  if (tables) {
    lines.push(row('records', 'source', 'target'))
    for (const { name, sourceRows, targetRows, differing } of tables) {
      lines.push(row(name, sourceRows, targetRows, differing === 0 ? 'the same' : `${differing} DIFFER`))
    }
    lines.push('')
  }
  if (audio) {
    const { clips, copied, verified, verifiedBytes } = audio
    const mebibytes = (verifiedBytes / MEBIBYTE).toFixed(1)
    lines.push(`audio: ${clips} clips, ${copied} of them copied now`)
    lines.push(`       ${verified} read back and the same by their CID (${mebibytes} MiB)`, '')
  }
  for (const problem of problems.slice(0, PROBLEMS_SHOWN)) lines.push(`WRONG: ${problem}`)
  if (problems.length > PROBLEMS_SHOWN) lines.push(`WRONG: and ${problems.length - PROBLEMS_SHOWN} more`)
  for (const warning of warnings) lines.push(`warning: ${warning}`)
  lines.push(
    isProven
      ? 'Proven: all that was to be copied is in its new place. Nothing was deleted here.'
      : `Not proven: ${problems.length} things are wrong. Nothing was deleted here.`,
  )
  return `${lines.join('\n')}\n`
}

function row(name: string, source: string | number, target: string | number, verdict = ''): string {
  return `${name.padEnd(18)}${String(source).padStart(10)}${String(target).padStart(10)}  ${verdict}`.trimEnd()
}
