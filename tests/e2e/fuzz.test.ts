import { expect, it } from 'vitest'
import { runFuzz } from '../proof/fuzz/run.ts'

it('no request of chance gets a 500, a stack or a secret, or ends the service', async () => {
  const report = await runFuzz({ requests: 300, seed: 20_261_126 })
  expect(report.findings).toEqual([])
  expect(report.requests).toBe(300)
  expect(Object.keys(report.statuses)).toEqual(expect.arrayContaining(['200', '400', '401', '404']))
}, 120_000)
