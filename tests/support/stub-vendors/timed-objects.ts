/**
 * An answer of ElevenLabs with timestamps: an object on a line for each chunk of audio, with the times in the whole audio of
 * the characters that are spoken in it; `alignment` is null where there are none. Times are evenly spread.
 *
 * The routes with timestamps are documented with the same models, formats and refusals (422) as those without: there is
 * none of their own to imitate.
 *
 * @see https://elevenlabs.io/docs/api-reference/text-to-speech/stream-with-timestamps
 */
export async function* timedObjects(
  chunks: AsyncIterable<Uint8Array>,
  { text, durationMs, sizeBytes }: { text: string; durationMs: number; sizeBytes: number },
): AsyncGenerator<Buffer> {
  const characters = [...text]
  let sentBytes = 0
  let from = 0
  for await (const chunk of chunks) {
    sentBytes += chunk.byteLength
    const to = Math.floor((characters.length * sentBytes) / sizeBytes)
    const alignment = alignmentOf(characters.slice(from, to), from, durationMs / characters.length / 1000)
    from = to
    const object = {
      audio_base64: Buffer.from(chunk).toString('base64'),
      alignment,
      // Spelled out: for the stub the same.
      normalized_alignment: alignment,
    }
    yield Buffer.from(`${JSON.stringify(object)}\n`)
  }
}

function alignmentOf(characters: string[], from: number, seconds: number) {
  if (characters.length === 0) return null
  const times = (after: number) =>
    characters.map((_, index) => Number(((from + index + after) * seconds).toFixed(3)))
  return { characters, character_start_times_seconds: times(0), character_end_times_seconds: times(1) }
}
