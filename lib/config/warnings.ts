import type { Config } from './index.ts'

/** What an operator has to know where some of what instances share is shared and some is not: one line each. */
export function configWarnings({
  databaseUrl,
  s3,
  ipfs,
}: Pick<Config, 'databaseUrl' | 's3' | 'ipfs'>): string[] {
  const notes: string[] = []
  if (databaseUrl && !s3) {
    notes.push(
      'DATABASE_URL is set without S3_BUCKET: the audio stays in TEMP_AUDIO_DIR, which all instances must share.',
    )
  }
  if (s3 && !databaseUrl) {
    notes.push(
      'S3_BUCKET is set without DATABASE_URL: the catalog is a file of this machine, so no other machine may use this bucket.',
    )
  }
  if (databaseUrl && ipfs.providers.includes('embedded')) {
    notes.push(
      'IPFS_PROVIDERS names "embedded": the clips it keeps are in IPFS_REPOSITORY_DIR, which all instances must share.',
    )
  }
  return notes
}
