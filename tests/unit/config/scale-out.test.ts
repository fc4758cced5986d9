import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import configure from '../../../next.config.mjs'

const DATABASE_URL = 'postgres://voicepin:password@db.test/voicepin'

describe('the configuration for several machines', () => {
  it.each([
    ['S3_SECRET_ACCESS_KEY', { S3_ACCESS_KEY_ID: 'an-id' }],
    ['S3_ACCESS_KEY_ID', { S3_SECRET_ACCESS_KEY: 'a-secret' }],
  ])('asks for %s where only the other half of the S3 key is set', (missing, half) => {
    const environment: Record<string, string> = { S3_BUCKET: 'voicepin', ...half }
    expect(() => readConfig(environment)).toThrow(new RegExp(`^${missing}: got nothing`))
  })

  it('takes a REDIS_URL whose path is the number of a database, and no other', () => {
    expect(readConfig({ REDIS_URL: 'redis://cache.test/2' }).redisUrl).toBe('redis://cache.test/2')
    expect(() => readConfig({ REDIS_URL: 'cache.test' })).toThrow(
      /^REDIS_URL: got a value that is not a URL such as/,
    )
    expect(() => readConfig({ REDIS_URL: 'redis://cache.test/voicepin' })).toThrow(
      'REDIS_URL: db: got "voicepin", takes the number of a database',
    )
    expect(() => readConfig({ REDIS_URL: 'redis://cache.test/0/1' })).toThrow('REDIS_URL: the path')
  })

  it('makes the key of the request hashes from REUSE_SECRET, else from the password of DATABASE_URL', () => {
    expect(readConfig({ DATABASE_URL }).reuse.secret).toBe('password')
    expect(readConfig({ DATABASE_URL, REUSE_SECRET: 'ours' }).reuse.secret).toBe('ours')
    expect(readConfig({}).reuse.secret).toBeUndefined()
  })

  it('asks for REUSE_SECRET where DATABASE_URL has no password', () => {
    expect(() => readConfig({ DATABASE_URL: 'postgres://db.test/voicepin' })).toThrow(/REUSE_SECRET/)
  })

  it('has the provider "embedded" by default only where there is no DATABASE_URL', () => {
    expect(readConfig({}).ipfs.providers).toContain('embedded')
    expect(readConfig({ DATABASE_URL }).ipfs.providers).not.toContain('embedded')
  })

  it.each([
    ['no database', { S3_BUCKET: 'voicepin' }, 'DATABASE_URL: got nothing'],
    ['no store', { DATABASE_URL }, 'S3_BUCKET: got nothing'],
    ['neither', {}, /^DATABASE_URL: got nothing.*; S3_BUCKET: got nothing.*: on Vercel no disk lasts/],
  ])('is refused on Vercel where it has %s', (_, environment, message) => {
    expect(() => readConfig({ VERCEL: '1', ...environment })).toThrow(message)
  })

  it('is refused on Vercel by next.config.mjs, before anything is built', () => {
    vi.stubEnv('VERCEL', '1')
    vi.stubEnv('DATABASE_URL', DATABASE_URL)
    vi.stubEnv('S3_BUCKET', '')
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(() => configure('phase-production-build')).toThrow('S3_BUCKET: got nothing')
    expect(() => configure('phase-production-server')).not.toThrow()
  })

  describe.each([
    ['Google Cloud Run', { K_SERVICE: 'voicepin' }],
    ['Render', { RENDER: 'true' }],
    ['Railway', { RAILWAY_ENVIRONMENT_ID: 'an-id' }],
    ['Fly.io', { FLY_MACHINE_ID: 'an-id' }],
    ['Heroku', { DYNO: 'web.1' }],
  ])('on %s', (title, host) => {
    const places = { TEMP_AUDIO_DIR: '/data/temp-audio', IPFS_REPOSITORY_DIR: '/data/ipfs' }
    const read = (environment: Record<string, string>, mounts: string[] = []) =>
      readConfig({ ...host, ...environment }, { isMounted: (directory) => mounts.includes(directory) })

    it('is refused where clips would be on a disk that does not last', () => {
      expect(() => read(places)).toThrow(`a mounted volume: on ${title} no other disk lasts`)
      expect(() => read(places)).toThrow(/^TEMP_AUDIO_DIR: .*; IPFS_REPOSITORY_DIR: got "\/data\/ipfs"/)
      expect(() => read({ ...places, DATABASE_URL })).toThrow(/^TEMP_AUDIO_DIR/)
      expect(() => read(places, ['/data/temp-audio'])).toThrow(/^IPFS_REPOSITORY_DIR/)
      const shared = { DATABASE_URL, S3_BUCKET: 'voicepin', IPFS_PROVIDERS: 'embedded' }
      expect(() => read({ ...places, ...shared })).toThrow(/^IPFS_REPOSITORY_DIR/)
    })

    it('is taken with a volume, or with a database and a bucket', () => {
      expect(() => read(places, ['/data/temp-audio', '/data/ipfs'])).not.toThrow()
      expect(() => read({ DATABASE_URL, S3_BUCKET: 'voicepin' })).not.toThrow()
      expect(() => read({ ...places, PINATA_JWT: 'jwt-of-the-test' }, ['/data/temp-audio'])).not.toThrow()
    })
  })

  it('has no background work on Vercel, nor with BACKGROUND=off', () => {
    expect(readConfig({}).hasBackground).toBe(true)
    expect(readConfig({ BACKGROUND: 'off' }).hasBackground).toBe(false)
    const config = readConfig({ VERCEL: '1', DATABASE_URL, S3_BUCKET: 'voicepin' })
    expect(config).toMatchObject({ hasBackground: false, isServerless: true })
    expect(config.tempAudio.directory).not.toMatch(/^\.temp-audio/)
  })
})
