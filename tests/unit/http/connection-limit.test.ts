import { expect, it } from 'vitest'
import type { Services } from '#lib/context.ts'
import { takeConnection } from '#lib/http/connection-limit.ts'

const newServices = () => ({}) as Services
const take = (services: Services, caller: string, count: number) =>
  Array.from({ length: count }, () => takeConnection(services, caller))

it('a caller has 200 seats, and gets one back by leaving, once', () => {
  const services = newServices()
  const [leave] = take(services, 'a', 200)
  expect(() => takeConnection(services, 'a')).toThrow(expect.objectContaining({ code: 'rate_limited' }))
  takeConnection(services, 'b')
  leave?.()
  leave?.()
  takeConnection(services, 'a')
  expect(() => takeConnection(services, 'a')).toThrow()
})

it('all callers together have 2000', () => {
  const services = newServices()
  const leaving = Array.from({ length: 10 }, (_, index) => take(services, `caller ${index}`, 200)).flat()
  expect(() => takeConnection(services, 'another')).toThrow()
  for (const leave of leaving) leave()
  takeConnection(services, 'another')
})
