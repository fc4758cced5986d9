import { expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { shutdownLimits } from '#lib/server/shutdown.ts'

it.each([
  ['by default', {}, { workMs: 20_000, requestsMs: 25_000, processMs: 30_000 }],
  ['with none left', { SHUTDOWN_GRACE_MS: '0' }, { workMs: 0, requestsMs: 5000, processMs: 10_000 }],
])('the limits of a shutdown follow SHUTDOWN_GRACE_MS, %s', (_, environment, limits) => {
  expect(shutdownLimits(readConfig(environment))).toEqual(limits)
})
