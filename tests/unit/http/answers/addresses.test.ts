import { expect, it } from 'vitest'
import type { Attempt } from '#lib/catalog/attempts.ts'
import { clipAnswer } from '#lib/http/answers/clip.ts'
import { scriptAnswer } from '#lib/http/answers/script.ts'
import type { Clip } from '#lib/model/clip.ts'
import type { Script } from '#lib/model/script.ts'

const error = "kubo at 10.0.0.5:5001: EIO, open '/data/audio/a'"
const shown = "kubo at [address]: EIO, open '[path]'"
const baseUrl = 'https://voice.example'
const never = { spokenAt: null, stagedAt: null, storedAt: null, nextAttemptAt: null, endedAt: null }

it('a clip names no machine and no path in the errors of its attempts', () => {
  const attempt = { provider: 'kubo', trigger: 'request', startedAt: 0, outcome: 'failed', error } as Attempt
  const clip = Object.assign(
    { id: 'a', state: 'pending', createdAt: 0, expiresAt: 0 },
    never,
  ) as unknown as Clip

  expect(clipAnswer({ clip, attempts: [attempt] }, baseUrl).attempts).toMatchObject([{ error: shown }])
})

it('a script names no machine and no path in its error', () => {
  const facts = {
    id: 'a',
    state: 'failed',
    lastError: error,
    errorCode: 'storage_unavailable',
    createdAt: 0,
    caller: 'x',
  }
  const script = Object.assign(facts, never) as unknown as Script

  expect(scriptAnswer({ script, joined: null }, baseUrl).error).toEqual({
    code: 'storage_unavailable',
    detail: shown,
  })
})
