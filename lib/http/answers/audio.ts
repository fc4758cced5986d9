import { ReadableStream } from 'node:stream/web'
import { mimeTypeOf } from '#lib/audio/formats.ts'
import { speakLive } from '#lib/clips/live-listener.ts'
import type { Speaking } from '#lib/http/admission.ts'
import type { SpokenBy } from '#lib/model/clip.ts'

/**
 * Answers with the audio itself while it is still being spoken and staged. The headers name the clip: it is finished
 * and stored even if the caller hangs up.
 *
 * @throws ServiceError as `vocalize` does, as long as the vendor has not begun
 */
export async function audioAnswer(baseUrl: string, { clipId, speak }: Speaking): Promise<Response> {
  const live = await speakLive(speak)
  const { audio, outputFormat, spokenBy, mimeType = mimeTypeOf(outputFormat), clipId: id = clipId } = live
  // `ReadableStream` is one class at run time, but has two types: that of Node.js and that of browsers.
  return new Response(cutOnFailure(audio) as BodyInit, {
    headers: {
      'Content-Type': mimeType,
      'X-Clip-Id': id,
      ...(spokenBy && { 'X-Spoken-By': spokenByHeader(spokenBy) }),
      Link: `<${baseUrl}/api/temp-audio/${id}>; rel="canonical"`,
      'Cache-Control': 'no-store, no-transform',
      'X-Content-Type-Options': 'nosniff',
      'X-Accel-Buffering': 'no',
    },
  })
}

/** Such as `elevenlabs;voice="21m00Tcm4TlvDq8ikWAM";model="eleven_v3"` (RFC 9651, an item with parameters). */
function spokenByHeader({ vendor, voiceId, modelId }: SpokenBy): string {
  const text = (value: string) => `"${value.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`
  return `${vendor};voice=${text(voiceId)};model=${text(modelId)}`
}

/**
 * The same bytes. Where they fail the connection is cut, so that nobody takes the part for the whole. Next.js does that
 * for every error, and prints all but those of this name with their stack; ours are logged where they arise.
 */
function cutOnFailure(audio: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = audio.getReader()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read().catch((cause: unknown) => {
          throw Object.assign(new Error('The audio broke off', { cause }), { name: 'AbortError' })
        })
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}
