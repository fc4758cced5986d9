import type { Services } from '#lib/context.ts'
import { ServiceError } from '#lib/model/errors.ts'

const SEATS = 2000
const SEATS_A_CALLER = 200

const taken = new WeakMap<Services, Map<string, number>>()

/**
 * Takes one of the seats of those who follow something for as long as it lasts: each costs a connection and a look at
 * the catalog every other second. Returns what gives it back. Each process has its own seats, for the connections that
 * they bound are its own.
 *
 * @throws ServiceError `rate_limited` when all are taken, or too many of them by this caller
 */
export function takeConnection(services: Services, caller: string): () => void {
  const seats = taken.get(services) ?? new Map<string, number>()
  taken.set(services, seats)
  const own = seats.get(caller) ?? 0
  const all = seats.values().reduce((sum, count) => sum + count, 0)
  if (own >= SEATS_A_CALLER || all >= SEATS) {
    throw new ServiceError('rate_limited', 'Too many are following clips; try again later', {
      retryAfterMs: 10_000,
    })
  }
  seats.set(caller, own + 1)
  let isTaken = true
  return () => {
    const left = (seats.get(caller) ?? 0) - 1
    if (isTaken && left > 0) seats.set(caller, left)
    else if (isTaken) seats.delete(caller)
    isTaken = false
  }
}
