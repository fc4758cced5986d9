import { expect, it } from 'vitest'
import type { Services } from '#lib/composition.ts'
import { takeSeat } from '#lib/http/connection-limit.ts'

const newServices = () => ({}) as Services
const take = (services: Services, caller: string, count: number) =>
  Array.from({ length: count }, () => takeSeat(services, caller))

it('a caller has 200 seats, and gets one back by leaving, once', () => {
  const services = newServices()
  const [leave] = take(services, 'a', 200)
  expect(() => takeSeat(services, 'a')).toThrow(expect.objectContaining({ code: 'rate_limited' }))
  takeSeat(services, 'b')
  leave?.()
  leave?.()
  takeSeat(services, 'a')
  expect(() => takeSeat(services, 'a')).toThrow()
})

it('all callers together have 2000', () => {
  const services = newServices()
  const leaving = Array.from({ length: 10 }, (_, index) => take(services, `caller ${index}`, 200)).flat()
  expect(() => takeSeat(services, 'another')).toThrow()
  for (const leave of leaving) leave()
  takeSeat(services, 'another')
})
