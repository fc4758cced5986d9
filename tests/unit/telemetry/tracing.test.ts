import { expect, it } from 'vitest'
import { createTracing } from '#lib/telemetry/tracing.ts'
import { redirectingServer } from '../../support/servers/redirecting.ts'

it.each([302, 307] as const)(
  'a collector that answers %i does not have credentials sent elsewhere',
  async (status) => {
    const { url, asked, received } = await redirectingServer(status)
    const tracing = createTracing({
      endpoint: url,
      headers: { authorization: 'Bearer token-of-the-test' },
      serviceName: 'voicepin',
    })
    const now = Date.now()
    tracing?.rootSpan({ clipId: 'a'.repeat(32), name: 'clip', startedAt: now, endedAt: now, attributes: {} })
    // It says that nothing was taken.
    await expect(tracing?.close()).rejects.toThrow()
    expect(asked).toContain('POST /v1/traces')
    expect(received).toEqual([])
  },
)
