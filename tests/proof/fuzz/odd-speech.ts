import { request as forward } from 'node:http'
import fc from 'fast-check'
import { LocalServer } from '../../support/stub-vendors/local-server.ts'
import { oddJson } from './values.ts'

const shapes = fc.tuple(
  fc.constantFrom(200, 400, 401, 403, 404, 408, 422, 429, 500, 503),
  fc.constantFrom('application/json', 'audio/mpeg', 'text/html', ''),
  fc.oneof(
    oddJson.map((detail) => ({ detail })),
    oddJson.map((loc) => ({ detail: [{ loc, msg: loc, type: 'x' }] })),
    oddJson.map((loc) => ({ detail: [{ loc: ['body', loc], msg: 'wrong' }, null] })),
    oddJson.map((status) => ({ detail: { status, code: status, message: status } })),
    oddJson,
  ),
)

/**
 * ElevenLabs as it is played by the stub at `stubUrl`, but for requests with the word `odd`, which get an answer of no
 * sensible shape.
 */
export async function startOddSpeech(stubUrl: string, seed: number): Promise<LocalServer> {
  const answers = fc.sample(shapes, { seed, numRuns: 500 })
  let count = 0
  const server = new LocalServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    if (body.includes('"odd') || request.url?.includes('odd')) {
      const [status, type, value] = answers[count++ % answers.length] as [number, string, unknown]
      response.writeHead(status, type ? { 'content-type': type } : {}).end(JSON.stringify(value) ?? '')
      return
    }
    const { method, headers } = request
    const onward = forward(stubUrl + request.url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy()).end(body)
  })
  await server.open()
  return server
}
