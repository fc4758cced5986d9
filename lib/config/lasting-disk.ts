import type { Reader } from './reader.ts'
import { text } from './variables.ts'

/**
 * Hosts that give a program a fresh disk at each deployment or start, with the variable by which each of them says who it
 * is. What is to last must be on a volume, where the host has those.
 */
const hosts = [
  /** @see https://cloud.google.com/run/docs/container-contract#env-vars */
  ['Google Cloud Run', 'K_SERVICE'],
  /** @see https://render.com/docs/environment-variables */
  ['Render', 'RENDER'],
  /** @see https://docs.railway.com/reference/variables#railway-provided-variables */
  ['Railway', 'RAILWAY_ENVIRONMENT_ID'],
  /** @see https://fly.io/docs/machines/runtime-environment/ */
  ['Fly.io', 'FLY_MACHINE_ID'],
  /** @see https://devcenter.heroku.com/articles/dynos#local-environment-variables */
  ['Heroku', 'DYNO'],
] as const

/** What is kept in files of this machine. */
interface Kept {
  /** The catalog or the audio is in `tempAudioDir`. */
  isDataHere: boolean
  tempAudioDir: string
  /** The provider `embedded` keeps clips in `repositoryDir`. */
  isRepositoryHere: boolean
  repositoryDir: string
}

/** Refuses a host without a lasting disk, as Vercel is refused, unless all that is kept in files is on a mounted volume. */
export function requireLastingDisk(
  { read, problems }: Reader,
  kept: Kept,
  isOnMountedDisk: (directory: string) => boolean,
) {
  // All are read, so that each is known as a variable of ours.
  const [host] = hosts.filter(([, variable]) => read(variable, text) !== undefined).map(([title]) => title)
  if (!host) return
  const refuse = (name: string, directory: string, otherwise: string) => {
    if (isOnMountedDisk(directory)) return
    problems.push(
      `${name}: got ${JSON.stringify(directory)}, takes a folder on a mounted volume: on ${host} no other disk lasts, so clips would be lost. Or ${otherwise}`,
    )
  }
  if (kept.isDataHere) refuse('TEMP_AUDIO_DIR', kept.tempAudioDir, 'set DATABASE_URL and S3_BUCKET')
  if (kept.isRepositoryHere) {
    refuse(
      'IPFS_REPOSITORY_DIR',
      kept.repositoryDir,
      'name other providers than "embedded" in IPFS_PROVIDERS',
    )
  }
}
