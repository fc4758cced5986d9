import { type Picture, pictureOf } from './peaks.ts'

/** The picture is made anew once this much more has come in: each decodes all that there is so far. */
const GROWTH = 1.15
const FIRST_PICTURE_BYTES = 8 * 1024

/** Audio that is still coming in. */
export interface LiveSound {
  append(chunk: Uint8Array): void
  /** Nothing more comes. */
  end(): void
  /**
   * Has `audio` play what comes in, from its beginning. Returns how to end that.
   *
   * `onStuck` is called where the browser cannot play it, or no longer: then only the stored clip can be heard.
   */
  feed(audio: HTMLAudioElement, onStuck: () => void): () => void
  /** What is known of its picture, and how to learn that it has changed. */
  picture(): Picture
  subscribe(listener: () => void): () => void
}

/** @param mimeType of the bytes, such as `audio/mpeg` */
export function createLiveSound(mimeType: string): LiveSound {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  const listeners = new Set<() => void>()
  let sizeBytes = 0
  let drawnBytes = 0
  let hasEnded = false
  let isDrawing = false
  let picture: Picture = { peaks: [], seconds: 0 }
  let wake = () => {}

  async function draw() {
    const isDue = sizeBytes >= Math.max(FIRST_PICTURE_BYTES, drawnBytes * GROWTH) || hasEnded
    if (isDrawing || !isDue || drawnBytes === sizeBytes) return
    isDrawing = true
    drawnBytes = sizeBytes
    try {
      picture = await pictureOf(await new Blob(chunks).arrayBuffer())
      for (const listener of listeners) listener()
    } catch {
      // Too little of it to be decoded, or a format that the browser cannot read: it can be heard all the same.
    }
    isDrawing = false
    void draw()
  }

  return {
    append(chunk) {
      chunks.push(chunk as Uint8Array<ArrayBuffer>)
      sizeBytes += chunk.byteLength
      wake()
      void draw()
    },
    end() {
      hasEnded = true
      wake()
      void draw()
    },
    feed(audio, onStuck) {
      const source = openSource(mimeType)
      if (!source) {
        onStuck()
        return () => {}
      }
      const url = URL.createObjectURL(source)
      audio.src = url
      let next = 0
      source.addEventListener('sourceopen', () => {
        const buffer = source.addSourceBuffer(mimeType)
        wake = () => {
          if (buffer.updating || source.readyState !== 'open') return
          try {
            const chunk = chunks[next]
            if (chunk) buffer.appendBuffer(chunk)
            else if (hasEnded) source.endOfStream()
            if (chunk) next += 1
          } catch {
            // More than the browser takes.
            wake = () => {}
            onStuck()
          }
        }
        buffer.addEventListener('updateend', () => wake())
        wake()
      })
      return () => {
        wake = () => {}
        URL.revokeObjectURL(url)
      }
    },
    picture: () => picture,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** What takes audio piece by piece; `undefined` where the browser cannot for this format. */
function openSource(mimeType: string): MediaSource | undefined {
  const Source = globalThis.MediaSource
  return Source?.isTypeSupported(mimeType) ? new Source() : undefined
}
