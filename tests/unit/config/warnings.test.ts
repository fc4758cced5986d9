import { describe, expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { configWarnings } from '#lib/config/warnings.ts'

const DATABASE_URL = 'postgres://voicepin:password@db.test/voicepin'
/** A voice that somebody has chosen, which is warned of otherwise. */
const chosen = { SPEECH_PROVIDER: 'local' }
const warningsOn = (environment: Record<string, string>) => configWarnings(readConfig(environment))

describe('configWarnings', () => {
  it.each([
    ['nothing is shared', {}],
    ['both records and audio are shared', { DATABASE_URL, S3_BUCKET: 'voicepin' }],
    ['ElevenLabs has a key', { SPEECH_PROVIDER: 'auto', ELEVENLABS_API_KEY: 'a-key' }],
  ])('are none where %s', (_, environment) => {
    expect(warningsOn({ ...chosen, ...environment })).toEqual([])
  })

  it.each([
    [
      'the built-in voice, where nobody has chosen it',
      { SPEECH_PROVIDER: 'auto' },
      'No ELEVENLABS_API_KEY is set',
    ],
    ['audio that stays on each machine', { DATABASE_URL }, 'TEMP_AUDIO_DIR'],
    [
      'a catalog that stays on this machine',
      { S3_BUCKET: 'voicepin' },
      'no other machine may use this bucket',
    ],
    [
      'a repository that stays on each machine',
      { DATABASE_URL, S3_BUCKET: 'voicepin', IPFS_PROVIDERS: 'pinata,embedded' },
      'IPFS_REPOSITORY_DIR',
    ],
  ])('warn of %s', (_, environment, words) => {
    expect(warningsOn({ ...chosen, ...environment })).toEqual([expect.stringContaining(words)])
  })
})
