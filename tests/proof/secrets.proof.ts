import { afterAll, expect, it, onTestFinished } from 'vitest'
import { encodings } from '../support/encodings.ts'
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

/** More calls than there are shapes of an echo, so that each vendor has answered in each. */
const ROUNDS = 4

it.each(encodings)(
  'secrets that every vendor echoes are found nowhere, %s',
  async (...encoding) => {
    const echo = await startEcho()
    const redis = await startRefusal('redis', encoding)
    const service = await startWithSecrets(echo.url, { REDIS_URL: redisUrl(redis.port) })
    echo.encoding = encoding
    const answers: string[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      echo.speaks = round % 2 === 1
      answers.push(...(await callAll(service.baseUrl)))
    }
    await service.program.stop()
    echo.close()
    redis.close()
    expect(findSecrets({ ...(await writtenBy(service)), ...named(answers) })).toEqual([])
  },
  180_000,
)

it.each(encodings)(
  'secrets that a bucket and a database echo are found nowhere, %s',
  async (...encoding) => {
    const echo = await startEcho()
    const postgres = await startRefusal('postgres', encoding)
    onTestFinished(() => postgres.close())
    echo.encoding = encoding
    echo.speaks = true
    const s3 = { S3_BUCKET: 'audio', S3_ENDPOINT: echo.url }
    for (const changes of [s3, { DATABASE_URL: databaseUrl(postgres.port) }]) {
      const service = await startWithSecrets(echo.url, changes)
      const answers = await callAll(service.baseUrl)
      await service.program.kill()
      expect(findSecrets({ ...(await writtenBy(service)), ...named(answers) })).toEqual([])
    }
    echo.close()
  },
  180_000,
)
