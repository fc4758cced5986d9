import { expect, it, vi } from 'vitest'
import { defineRoute } from '#lib/http/route.ts'
import { startInNext } from '#lib/server/start-in-next.ts'

it('startInNext() with a malformed variable says so in one line, once, and in every answer', async () => {
  vi.stubEnv('PORT', 'eighty')
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  startInNext()
  startInNext()
  expect(said.mock.calls).toEqual([[expect.stringMatching(/^Voicepin is configured wrongly: PORT.*\n$/)]])
  said.mockRestore()

  const { GET } = defineRoute({ GET: async () => new Response('never') })
  const response = await GET(new Request('http://localhost/api/voices'))
  expect(response.headers.get('Content-Type')).toBe('application/problem+json')
  expect(await response.json()).toMatchObject({
    status: 500,
    code: 'misconfigured',
    detail: expect.stringContaining('PORT'),
  })
})
