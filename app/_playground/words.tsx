import { useEffect, useMemo, useRef, useState } from 'react'
import type { CaptionsJson } from '#lib/captions/json.ts'
import styles from './player.module.css'

interface WordsProps {
  /** The id of a clip that has captions. */
  id: string
  /** In seconds. */
  position: number
}

/** The text of a clip, with a mark on the word that is being said; a long one scrolls with it. */
export function Words({ id, position }: WordsProps) {
  const [{ text, words }, setCaptions] = useState<CaptionsJson>({ text: '', words: [] })
  const box = useRef<HTMLElement>(null)

  useEffect(() => {
    const controller = new AbortController()
    fetch(`/api/clips/${id}/captions.json`, { signal: controller.signal })
      .then((response) => (response.ok ? response.json() : Promise.reject(response)))
      .then(setCaptions)
      // Without them the player plays all the same.
      .catch(() => {})
    return () => controller.abort()
  }, [id])

  const spans = useMemo(() => spansOf(text, words), [text, words])
  const current = position > 0 ? words.findLastIndex(({ startMs }) => startMs <= position * 1000) : -1
  // biome-ignore lint/correctness/useExhaustiveDependencies: the mark moves with `current`.
  useEffect(() => keepMarkInView(box.current), [current])

  if (words.length === 0) return null
  const { start, end } = spans[current] ?? { start: 0, end: 0 }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard.
    <section ref={box} className={styles.words} tabIndex={0} aria-label="Words" dir="auto">
      {text.slice(0, start)}
      {end > start && <mark>{text.slice(start, end)}</mark>}
      {text.slice(end)}
    </section>
  )
}

/** Where each word stands in the text. */
function spansOf(text: string, words: CaptionsJson['words']) {
  let end = 0
  return words.map(({ text: word }) => {
    const start = Math.max(end, text.indexOf(word, end))
    end = start + word.length
    return { start, end }
  })
}

/** Moves the words only, not the page. */
function keepMarkInView(box: HTMLElement | null) {
  const mark = box?.querySelector('mark')
  if (!box || !mark) return
  const top = mark.offsetTop - box.scrollTop
  const isInView = top >= 0 && top + mark.offsetHeight <= box.clientHeight
  if (!isInView) box.scrollTop = mark.offsetTop - box.clientHeight / 3
}
