import { describe, expect, it } from 'vitest'
import { readRedisAddress } from '#lib/config/redis-url.ts'

describe('REDIS_URL', () => {
  it.each([
    ['redis://cache.example', { host: 'cache.example', port: 6379, db: 0 }],
    ['redis://[::1]:1/3', { host: '::1', port: 1, db: 3 }],
    ['redis://:p%40ss@h', { host: 'h', port: 6379, db: 0, password: 'p@ss' }],
    [
      'redis://u:p@h?db=2&family=6',
      { host: 'h', port: 6379, db: 2, username: 'u', password: 'p', family: 6 },
    ],
    ['redis://h?username=u&password=p', { host: 'h', port: 6379, db: 0, username: 'u', password: 'p' }],
    ['rediss://h', { host: 'h', port: 6379, db: 0, tls: {} }],
    ['rediss://h?insecure=true', { host: 'h', port: 6379, db: 0, tls: { rejectUnauthorized: false } }],
    [
      'redis+sentinel://u:p@a,b:1/voices/2?sentinel_password=s',
      {
        sentinels: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 1 },
        ],
        name: 'voices',
        db: 2,
        username: 'u',
        password: 'p',
        sentinelPassword: 's',
      },
    ],
    [
      'rediss+sentinel://a/voices',
      {
        sentinels: [{ host: 'a', port: 26_379 }],
        name: 'voices',
        db: 0,
        tls: {},
        sentinelTLS: {},
        enableTLSForSentinelMode: true,
      },
    ],
  ])('is read: %s', (url, address) => {
    expect(readRedisAddress(url)).toEqual(address)
  })

  it.each([
    [
      'redis://a,b',
      'several hosts are only for redis+sentinel://host,host/NAME; a Redis Cluster cannot be used',
    ],
    ['redis+sentinel://a', 'the name of the primary is missing'],
    ['redis://h/voices', 'db: got "voices", takes the number of a database'],
    ['redis://h/0/1', 'the path "/0/1" is too long'],
    [
      'redis://h?tls=true',
      'tls: is no parameter that this service knows, takes one of username, password, db, family',
    ],
    ['redis://h?cacert=/a', 'cacert: is no parameter that this service knows'],
    ['rediss://h?cacert=/nowhere', 'cacert: got "/nowhere", takes a file that can be read'],
    ['redis://h?family=5', 'family: got "5", takes one of 4, 6'],
  ])('is refused where a part has no effect or is malformed: %s', (url, message) => {
    expect(() => readRedisAddress(url)).toThrow(message)
  })
})
