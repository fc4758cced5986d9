import { cutText } from '#lib/scripts/cut-text.ts'
import { sentenceEnds } from '#lib/scripts/sentence-ends.ts'

/** How much text there must be at least before some of it is spoken, piece by piece: ElevenLabs' own values. */
const DEFAULT_SCHEDULE = [120, 160, 250, 290]
/** A sentence that is shorter is spoken with the next one. */
const SHORTEST_SENTENCE = 50
/** How much longer than it must be a text becomes while it waits for the end of a sentence. */
const PATIENCE_CHARACTERS = 200

/** What the text so far ends with where its last sentence is whole. */
const SENTENCE_END = /[.!?…。！？]["'”’)]*$/u
/** How far before its end that is looked for: from its beginning on, a long text would be read for each of its sentences. */
const END_CHARACTERS = 16

interface BufferOptions {
  schedule?: readonly number[] | undefined
  /** Each text that comes is a whole one. */
  isAuto: boolean
  /** The longest text that is spoken at once. */
  maxCharacters: number
}

/** Gathers the texts of a conversation, until there are enough for a piece that sounds well. */
export function createTextBuffer({ schedule = DEFAULT_SCHEDULE, isAuto, maxCharacters }: BufferOptions) {
  let text = ''
  let taken = 0

  /** All that is there up to `end`, as one piece or several. */
  function take(end: number): string[] {
    const pieces = cutText(text.slice(0, end), maxCharacters).map((piece) => piece.text.trim())
    text = text.slice(end)
    // In "…" there is nothing to say, and voices refuse it.
    const spoken = pieces.filter((piece) => /[\p{L}\p{N}]/u.test(piece))
    taken += spoken.length
    return spoken
  }

  return {
    /** Returns what is to be spoken now. `isUrgent`: also what is shorter than it should be, from one sentence on. */
    add(more: string, { isUrgent = false } = {}): string[] {
      text += more
      if (isAuto) return take(text.length)
      const wanted = isUrgent ? SHORTEST_SENTENCE : (schedule[Math.min(taken, schedule.length - 1)] ?? 0)
      if (text.length < wanted) return []
      const end = [...sentenceEnds(text)].findLast(
        (at) => at >= SHORTEST_SENTENCE && SENTENCE_END.test(text.slice(at - END_CHARACTERS, at)),
      )
      if (end !== undefined) return take(end)
      if (text.length >= maxCharacters) return take(text.length)
      const blank = text.trimEnd() === text ? text.lastIndexOf(' ') : text.length
      return blank > 0 && (isUrgent || text.length >= wanted + PATIENCE_CHARACTERS) ? take(blank) : []
    },
    /** Returns all that is there. */
    flush: (): string[] => take(text.length),
  }
}
