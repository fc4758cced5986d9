import { describe, expect, it } from 'vitest'
import { type ConnectionLimit, createConnectionLimit } from '#lib/limits/connection-limit.ts'

const take = (limit: ConnectionLimit, caller: string, count: number) =>
  Array.from({ length: count }, () => limit.take(caller))

describe('the connection limit', () => {
  it('allows one caller 200 connections, and a further one when one has ended, once', () => {
    const limit = createConnectionLimit()
    const [end] = take(limit, 'a', 200)
    expect(() => limit.take('a')).toThrow(expect.objectContaining({ code: 'rate_limited' }))
    limit.take('b')
    end?.()
    end?.()
    limit.take('a')
    expect(() => limit.take('a')).toThrow()
  })

  it('allows all callers together 2000 connections', () => {
    const limit = createConnectionLimit()
    const ends = Array.from({ length: 10 }, (_, index) => take(limit, `caller ${index}`, 200)).flat()
    expect(() => limit.take('another')).toThrow()
    for (const end of ends) end()
    limit.take('another')
  })
})
