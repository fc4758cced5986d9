import { expect, it } from 'vitest'
import { requestStats } from '#lib/http/answers/figures.ts'

it('requests are summed up by how they ended, and the most frequent failures are named, faults before refusals', () => {
  const of = (route: string, status: number, count: number) => ({ route, method: 'GET', status, count })
  const counts = [
    of('/', 200, 10),
    of('/api/clips/{id}', 404, 7),
    of('/api/voices', 503, 2),
    of('/ipfs/{path}*', 0, 1),
    ...[1, 2, 3, 4, 5].map((count) => of(`/v${count}`, 401, count)),
  ]
  const { failures, ...sums } = requestStats(counts)
  expect(sums).toEqual({ total: 35, refused: 22, failed: 2, cutOff: 1 })
  expect(failures.map(({ status, count }) => [status, count])).toEqual([
    [503, 2],
    [404, 7],
    [401, 5],
    [401, 4],
    [401, 3],
    [401, 2],
  ])
})
