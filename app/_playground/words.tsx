import { memo, useEffect, useState } from 'react'
import type { CaptionsJson } from '#lib/captions/json.ts'
import styles from './player.module.css'

interface WordsProps {
  /** The id of a clip that has captions. */
  id: string
  /** In seconds. */
  position: number
}

/** The text of a clip, with a mark on the word that is being said. */
export function Words({ id, position }: WordsProps) {
  const [{ text, words }, setCaptions] = useState<CaptionsJson>({ text: '', words: [] })

  useEffect(() => {
    const controller = new AbortController()
    fetch(`/api/clips/${id}/captions.json`, { signal: controller.signal })
      .then((response) => (response.ok ? response.json() : Promise.reject(response)))
      .then(setCaptions)
      // Without them the player plays all the same.
      .catch(() => {})
    return () => controller.abort()
  }, [id])

  if (words.length === 0) return null
  const current = position > 0 ? words.findLastIndex(({ startMs }) => startMs <= position * 1000) : -1
  return <MarkedText {...{ text, words, current }} />
}

/** Drawn anew for each word, not for each change of the position. */
const MarkedText = memo(function MarkedText({ text, words, current }: CaptionsJson & { current: number }) {
  return (
    <p className={styles.words} dir="auto">
      {partsOf(text, words).map(({ before, word }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the words never change their places.
        <span key={index}>
          {before}
          {index === current ? <mark>{word}</mark> : word}
        </span>
      ))}
    </p>
  )
})

/** Each word, with what stands before it in the text. */
function partsOf(text: string, words: CaptionsJson['words']) {
  let end = 0
  return words.map(({ text: word }) => {
    const at = text.indexOf(word, end)
    const before = at < 0 ? ' ' : text.slice(end, at)
    if (at >= 0) end = at + word.length
    return { before, word }
  })
}
