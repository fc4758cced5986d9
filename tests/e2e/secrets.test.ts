import { afterAll, describe, expect, it } from 'vitest'
import { encodings } from '../support/encodings.ts'
import {
  callAll,
  findSecrets,
  named,
  startEcho,
  startWithSecrets,
  writtenBy,
} from '../support/secret-echo.ts'
import { cleanUpServices } from '../support/service.ts'

afterAll(cleanUpServices)

describe('secrets in every variable, echoed by every vendor', () => {
  it('stand in no answer, no log line and no file', async () => {
    const echo = await startEcho()
    const service = await startWithSecrets(echo.url)
    const answers: string[] = []
    for (const encoding of encodings.filter(([name]) => /as it is|in base64$/.test(name))) {
      echo.encoding = encoding
      for (const speaks of [false, true]) {
        echo.speaks = speaks
        answers.push(...(await callAll(service.baseUrl)))
      }
    }
    await service.program.stop()
    echo.close()
    const texts = { ...(await writtenBy(service)), ...named(answers) }
    expect(Object.keys(texts).length).toBeGreaterThan(60)
    expect(answers.join()).toContain('withheld')
    expect(findSecrets(texts)).toEqual([])
  })
})
