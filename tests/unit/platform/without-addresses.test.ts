import { describe, expect, it } from 'vitest'
import { connectionFault } from '#lib/platform/connection-fault.ts'
import { withoutAddresses } from '#lib/platform/without-addresses.ts'

describe('withoutAddresses()', () => {
  it.each([
    ['connect ECONNREFUSED 10.0.0.5:5001', 'connect ECONNREFUSED [address]'],
    ['connect ECONNREFUSED ::1:5432', 'connect ECONNREFUSED [address]'],
    ['connect ETIMEDOUT [fd00::12]:443', 'connect ETIMEDOUT [address]'],
    ['getaddrinfo ENOTFOUND kubo.internal', 'getaddrinfo ENOTFOUND [address]'],
    ['getaddrinfo EAI_AGAIN postgres', 'getaddrinfo EAI_AGAIN [address]'],
    ['The S3 store at minio does not answer', 'The S3 store at [address] does not answer'],
    ['no route to db.cluster.local', 'no route to [address]'],
    ['lookup of kubo:5001 failed', 'lookup of [address] failed'],
    ['at http://me:pass@node.internal:5001/api', 'at http://[address][address]/api'],
    ["ENOSPC: no space left, open '/data/audio/a.part'", "ENOSPC: no space left, open '[path]'"],
    ['EACCES, mkdir "/srv/voicepin"', 'EACCES, mkdir "[path]"'],
    ['open (C:\\data\\audio\\clip)', 'open ([path])'],
  ])('of %j leaves %j', (text, expected) => {
    expect(withoutAddresses(text)).toBe(expected)
  })

  it.each([
    'Answered 503 Service Unavailable: try again at 12:30',
    'See https://docs.pinata.cloud/account/limits or /api/health/ready',
    'GET /ipfs/bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku is 504',
    'version 1.2.3 and/or later: 2026-11-22T10:00:00.000Z',
    'voiceSettings.speed: Input should be 0.7 or more; takes audio/mpeg',
  ])('changes nothing in %j', (text) => {
    expect(withoutAddresses(text)).toBe(text)
  })
})

describe('connectionFault()', () => {
  it.each([
    ['ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.5:5001', 'it was refused (ECONNREFUSED)'],
    ['CERT_HAS_EXPIRED', 'certificate has expired', 'CERT_HAS_EXPIRED'],
    [undefined, 'other side closed', 'other side closed'],
    [undefined, 'no answer of 10.0.0.5:5001', 'no answer of [address]'],
    ['at 10.0.0.5', 'no answer of 10.0.0.5:5001', 'no answer of [address]'],
  ])('says of %s without an address what it means', (code, message, expected) => {
    expect(connectionFault(Object.assign(new Error(message), { code }))).toBe(expected)
  })
})
