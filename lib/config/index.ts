import { tmpdir } from 'node:os'
import path from 'node:path'
import { isOnMountedDisk } from '#lib/platform/mounted-disk.ts'
import { readAccess } from './access.ts'
import { readBackground } from './background.ts'
import { ConfigError } from './config-error.ts'
import { readContentCredentials } from './content-credentials.ts'
import { readIpfs } from './ipfs.ts'
import { readIpni } from './ipni.ts'
import { requireLastingDisk } from './lasting-disk.ts'
import { createReader, type Environment } from './reader.ts'
import { readRecords } from './records.ts'
import { readReuse } from './reuse.ts'
import { readScaleOut } from './scale-out.ts'
import { readServer } from './server.ts'
import { readSpeech } from './speech.ts'
import { readTelemetry } from './telemetry.ts'
import { readTempAudio } from './temp-audio.ts'
import { readWebhook } from './webhook.ts'

export type Config = ReturnType<typeof readConfig>

/**
 * Reads the whole configuration from `environment`, frozen. Only this folder knows the variables' names.
 *
 * An empty variable counts as not set. `isMounted` says whether a folder is on a disk that was mounted there.
 *
 * @throws ConfigError naming each malformed variable, what it got and what it takes. Secrets are not repeated.
 */
export function readConfig(environment: Environment, { isMounted = isOnMountedDisk } = {}) {
  const reader = createReader(environment)
  const scaleOut = readScaleOut(reader)
  const { databaseUrl, isServerless } = scaleOut
  // A serverless function can write nowhere else.
  const baseDirectory = isServerless ? path.join(tmpdir(), 'voicepin') : ''
  const server = readServer(reader)
  const speech = readSpeech(reader)
  const access = readAccess(reader)
  const ipfs = readIpfs(reader, { baseDirectory, databaseUrl })
  const tempAudio = readTempAudio(reader, { baseDirectory })
  requireLastingDisk(
    reader,
    {
      isDataHere: !(databaseUrl && scaleOut.s3),
      tempAudioDir: tempAudio.directory,
      isRepositoryHere: ipfs.providers.includes('embedded'),
      repositoryDir: ipfs.repositoryDir,
    },
    isMounted,
  )
  const config = {
    ...server,
    ...readTelemetry(reader),
    ...scaleOut,
    ...readBackground(reader, { isServerless }),
    speech,
    ipfs,
    ipni: readIpni(reader, server),
    tempAudio,
    records: readRecords(reader),
    reuse: readReuse(reader, { databaseUrl }),
    access,
    /** Anyone who reaches this service may use a speech vendor who sends its operator bills, as much as they like. */
    isSpendingOpen:
      speech.isPaid && access.vocalizeApiKeys.length === 0 && access.charactersPerDay === undefined,
    webhook: readWebhook(reader),
    /** Who signs clips by C2PA; nothing is signed if `undefined`. */
    signing: readContentCredentials(reader),
    /** Every secret among the values, for the scrubber that keeps them out of logs and answers. */
    secrets: reader.secrets,
    /** The variables whose secret is too short or too plain for that. */
    commonSecrets: reader.commonSecrets,
    /** Variables that nothing reads, and whose names look like those of others. */
    misspelt: reader.misspelt(),
  }
  if (reader.problems.length > 0) throw new ConfigError(reader.problems.join('; '))
  return deepFreeze(config)
}

function deepFreeze<T>(value: T): Readonly<T> {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner)
    Object.freeze(value)
  }
  return value
}
