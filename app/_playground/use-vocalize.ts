'use client'

import { useCallback, useEffect, useRef, useState } from 'react'
import type { ClipView } from '../_shared/clip-view.ts'
import { asProblem, type Problem, readProblem } from '../_shared/problem.ts'
import type { ScriptView } from '../_shared/script-view.ts'
import { watchClip } from '../_shared/watch-clip.ts'
import { createLiveSound, type LiveSound } from './live-sound.ts'
import { openSpeech, type SpeakRequest } from './speak.ts'
import { speakScript } from './speak-script.ts'

/** What the page shows: a clip, from the first byte of its audio on, or a long text on its way to one. */
export interface Shown {
  id?: string
  clip?: ClipView
  script?: ScriptView
  /** Its sound, where it is spoken for this page. */
  live?: LiveSound
  /** In characters, for a guess at how long it will last. */
  textLength?: number
  isAutoplaying?: boolean
}

interface VocalizeOptions {
  apiKey: string
  /** A longer text is spoken in pieces. */
  maxTextLength: number
  /** A clip has been begun; `text` and voice are those of `request`. */
  onBegun: (id: string, request: SpeakRequest) => void
  /** The record of a clip is read, or has changed; `undefined`: there is none any more. */
  onClip: (id: string, clip: ClipView | undefined) => void
}

const brokenOff: Problem = { status: 0, code: 'speech_stream_broken', detail: 'The audio broke off' }

/** Whether a text is too long to be spoken at once. */
export const isScript = (text: string, maxTextLength: number) => [...text].length > maxTextLength

/**
 * Has texts spoken, one at a time, and keeps the clip that is shown up to date until it is stored or expired. What was
 * shown before stays where a text is refused, and returns where its audio breaks off.
 */
export function useVocalize({ apiKey, maxTextLength, onBegun, onClip }: VocalizeOptions) {
  const [shown, setShown] = useState<Shown>()
  const [isRunning, setIsRunning] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const current = useRef<Shown>(undefined)
  const request = useRef<AbortController>(null)
  const stopWatching = useRef(() => {})
  const forgetProblem = useCallback(() => setProblem(undefined), [])

  useEffect(
    () => () => {
      request.current?.abort()
      stopWatching.current()
    },
    [],
  )

  function show(next: Shown | undefined) {
    current.current = next
    setShown(next)
  }

  /** Shows a clip, and every change of it. `onGone` is called when there is no such clip any more. */
  function follow(next: Shown & { id: string }, onGone: () => void) {
    stopWatching.current()
    show(next)
    const { id } = next
    const onChange = (clip: ClipView) => {
      onClip(id, clip)
      if (current.current?.id === id) show({ ...current.current, clip })
    }
    stopWatching.current = watchClip(id, onChange, () => {
      onClip(id, undefined)
      onGone()
    })
  }

  /** Shows again what was shown before, silently. */
  function restore(before: Shown | undefined) {
    if (before?.id) follow({ ...before, id: before.id, isAutoplaying: false }, () => {})
    else show(before)
  }

  async function speakAtOnce(asked: SpeakRequest, signal: AbortSignal) {
    const before = current.current
    const { clipId: id, mimeType, chunks } = await openSpeech(asked, { apiKey, signal })
    const live = createLiveSound(mimeType)
    let isBroken = false
    let isGone = false
    function onLost() {
      if (!isBroken || !isGone || current.current?.id !== id) return
      setProblem(brokenOff)
      restore(before)
    }
    onBegun(id, asked)
    follow({ id, live, textLength: asked.text.length, isAutoplaying: true }, () => {
      isGone = true
      onLost()
    })
    try {
      for await (const chunk of chunks) live.append(chunk)
    } catch {
      // On the way to this page, or at the voice: then nothing is kept, and the clip is gone.
      isBroken = true
      onLost()
    }
    live.end()
  }

  async function speakInPieces(asked: SpeakRequest, signal: AbortSignal) {
    const onScript = (script: ScriptView) => {
      stopWatching.current()
      show({ script })
    }
    const before = current.current
    const clip = await speakScript(asked, { apiKey, signal, onScript }).catch((error: unknown) => {
      restore(before)
      throw error
    })
    onBegun(clip.id, asked)
    follow({ id: clip.id, clip }, () => {})
  }

  async function start(asked: SpeakRequest) {
    request.current?.abort()
    const controller = new AbortController()
    const { signal } = controller
    request.current = controller
    setIsRunning(true)
    setProblem(undefined)
    try {
      await (isScript(asked.text, maxTextLength) ? speakInPieces : speakAtOnce)(asked, signal)
    } catch (error) {
      if (!signal.aborted) setProblem(asProblem(error))
    } finally {
      if (!signal.aborted) setIsRunning(false)
    }
  }

  /** Plays a clip of before. */
  async function replay(id: string) {
    setProblem(undefined)
    try {
      const response = await fetch(`/api/clips/${id}`)
      if (response.status === 404 || response.status === 410) onClip(id, undefined)
      if (!response.ok) throw await readProblem(response)
      const clip: ClipView = (await response.json()).data
      follow({ id, clip, isAutoplaying: true }, () => {})
    } catch (error) {
      setProblem(asProblem(error))
    }
  }

  return { shown, isRunning, problem, forgetProblem, start, replay }
}
