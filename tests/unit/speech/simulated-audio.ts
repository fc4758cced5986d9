import { HttpResponse } from 'msw'

/** What looks like an MP3: adapters look no further. */
export const someAudio = Buffer.concat([Buffer.from('ID3'), Buffer.alloc(20_000, 7)])

export function answerWithAudio(body: BodyInit = someAudio, contentType = 'audio/mpeg'): Response {
  return new HttpResponse(body, { headers: { 'content-type': contentType } })
}

/** Audio that begins and then neither goes on nor ends. */
export function endlessAudio(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(someAudio)) })
}
