import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { configWarnings } from '#lib/config/warnings.ts'
import configure from '../../../next.config.mjs'

const DATABASE_URL = 'postgres://voicepin:password@db.test/voicepin'
const notesOn = (environment: Record<string, string>) => configWarnings(readConfig(environment)).join('\n')

describe('what is said at the start about what instances share', () => {
  it('nothing, where nothing is shared', () => {
    expect(notesOn({})).toBe('')
  })

  it('nothing, where records and audio are', () => {
    expect(notesOn({ DATABASE_URL, S3_BUCKET: 'voicepin' })).toBe('')
  })

  it.each([
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
  ])('warns of %s', (_, environment, word) => {
    expect(notesOn(environment)).toContain(word)
  })
})

describe('the configuration of a shared profile', () => {
  it.each([
    ['S3_SECRET_ACCESS_KEY', { S3_ACCESS_KEY_ID: 'an-id' }],
    ['S3_ACCESS_KEY_ID', { S3_SECRET_ACCESS_KEY: 'a-secret' }],
  ])('wants %s where the other half of the key is', (missing, half) => {
    const environment: Record<string, string> = { S3_BUCKET: 'voicepin', ...half }
    expect(() => readConfig(environment)).toThrow(new RegExp(`^${missing}: got nothing`))
  })

  it('takes a number for the database of Redis, and nothing else', () => {
    expect(readConfig({ REDIS_URL: 'redis://cache.test/2' }).redisUrl).toBe('redis://cache.test/2')
    for (const REDIS_URL of ['redis://cache.test/voicepin', 'redis://cache.test/0/1', 'cache.test']) {
      expect(() => readConfig({ REDIS_URL })).toThrow(/^REDIS_URL: got a value that is not a URL such as/)
    }
  })

  it('takes the password of the database for the key of the request hashes, unless there is a secret', () => {
    expect(readConfig({ DATABASE_URL }).reuse.secret).toBe('password')
    expect(readConfig({ DATABASE_URL, REUSE_SECRET: 'ours' }).reuse.secret).toBe('ours')
    expect(readConfig({}).reuse.secret).toBeUndefined()
  })

  it('asks for a secret where the database has no password', () => {
    expect(() => readConfig({ DATABASE_URL: 'postgres://db.test/voicepin' })).toThrow(/REUSE_SECRET/)
  })

  it('keeps no clips on one machine by itself', () => {
    expect(readConfig({}).ipfs.providers).toContain('embedded')
    expect(readConfig({ DATABASE_URL }).ipfs.providers).not.toContain('embedded')
  })

  it.each([
    ['no database', { S3_BUCKET: 'voicepin' }, 'DATABASE_URL: got nothing'],
    ['no store', { DATABASE_URL }, 'S3_BUCKET: got nothing'],
    ['neither', {}, /^DATABASE_URL: got nothing.*; S3_BUCKET: got nothing.*: on Vercel no disk lasts/],
  ])('is refused on Vercel with %s', (_, environment, message) => {
    expect(() => readConfig({ VERCEL: '1', ...environment })).toThrow(message)
  })

  it('is refused on Vercel before anything is built', () => {
    vi.stubEnv('VERCEL', '1')
    vi.stubEnv('DATABASE_URL', DATABASE_URL)
    vi.stubEnv('S3_BUCKET', '')
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(() => configure('phase-production-build')).toThrow('S3_BUCKET: got nothing')
    expect(() => configure('phase-production-server')).not.toThrow()
  })

  it('works off nothing by itself on Vercel, or where it is told not to', () => {
    expect(readConfig({}).hasBackground).toBe(true)
    expect(readConfig({ BACKGROUND: 'off' }).hasBackground).toBe(false)
    const config = readConfig({ VERCEL: '1', DATABASE_URL, S3_BUCKET: 'voicepin' })
    expect(config).toMatchObject({ hasBackground: false, isServerless: true })
    expect(config.tempAudio.directory).not.toMatch(/^\.temp-audio/)
  })
})
