import { mimeTypeOf } from '#lib/audio/formats.ts'
import { speakLive } from '#lib/clips/live-listener.ts'
import type { Speaking } from '#lib/http/admission.ts'

/**
 * Answers with the audio itself while it is still being spoken and staged. The headers name the clip: it is finished
 * and stored even if the caller hangs up.
 *
 * @throws ServiceError as `vocalize` does, as long as the vendor has not begun
 */
export async function audioAnswer(baseUrl: string, { clipId, speak }: Speaking): Promise<Response> {
  const live = await speakLive(speak)
  const { audio, outputFormat, mimeType = mimeTypeOf(outputFormat), clipId: id = clipId } = live
  // `ReadableStream` is one class at run time, but has two types: that of Node.js and that of browsers.
  return new Response(audio as BodyInit, {
    headers: {
      'Content-Type': mimeType,
      'X-Clip-Id': id,
      Link: `<${baseUrl}/api/temp-audio/${id}>; rel="canonical"`,
      'Cache-Control': 'no-store, no-transform',
      'X-Content-Type-Options': 'nosniff',
      'X-Accel-Buffering': 'no',
    },
  })
}
