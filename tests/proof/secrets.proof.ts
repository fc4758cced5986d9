import { afterAll, expect, it, onTestFinished } from 'vitest'
import { encodings } from '../support/encodings.ts'
import type { Environment } from '../support/program.ts'
import {
  callAll,
  databaseUrl,
  findSecrets,
  named,
  redisUrl,
  startEcho,
  startRefusal,
  startWithSecrets,
  writtenBy,
} from '../support/secret-echo.ts'
import { cleanUpServices } from '../support/service.ts'

afterAll(cleanUpServices)

it.each<[where: string, kind: 'redis' | 'postgres' | undefined, environment: (port: number) => Environment]>([
  ['every vendor and Redis', 'redis', (port) => ({ REDIS_URL: redisUrl(port) })],
  ['every vendor and the bucket', undefined, () => ({ S3_BUCKET: 'audio' })],
  ['every vendor and Postgres', 'postgres', (port) => ({ DATABASE_URL: databaseUrl(port) })],
])(
  'secrets that %s echo, in whichever encoding, are found nowhere',
  async (_, kind, environment) => {
    const echo = await startEcho()
    onTestFinished(echo.close)
    const refusal = kind && (await startRefusal(kind, () => echo.encoding))
    if (refusal) onTestFinished(refusal.close)
    const service = await startWithSecrets(echo.url, {
      S3_ENDPOINT: echo.url,
      ...environment(refusal?.port ?? 0),
    })
    for (const encoding of encodings) {
      echo.encoding = encoding
      for (const speaks of [false, true]) {
        echo.speaks = speaks
        expect(findSecrets(named(await callAll(service.baseUrl)))).toEqual([])
      }
    }
    await service.program.kill()
    expect(findSecrets(await writtenBy(service))).toEqual([])
  },
  600_000,
)
