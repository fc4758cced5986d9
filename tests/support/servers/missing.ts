import { findServer } from '../../../scripts/find-program.mjs'
import { postgresPrograms, unprivilegedUser } from './postgres-programs.ts'

/**
 * Which of the servers that the whole topology needs cannot be had on this machine. Says so loudly, for `what` is skipped
 * then.
 */
export async function missingServers(what: string): Promise<string[]> {
  const missing = ['redis-server', 'nginx'].filter((name) => !findServer(name))
  const hasPostgres = await unprivilegedUser()
    .then(postgresPrograms)
    .then((programs) => programs.discard())
    .then(
      () => true,
      () => false,
    )
  if (!hasPostgres) missing.push('postgres')
  if (missing.length > 0) console.error(`\n⚠️  NO ${missing.join(', NO ')}: ${what} is SKIPPED.\n`)
  return missing
}
