'use client'

import { useCallback, useEffect, useRef, useState } from 'react'
import { type ClipView, isSettled } from '../_shared/clip-view.ts'
import { asProblem, type Problem } from '../_shared/problem.ts'
import type { ScriptView } from '../_shared/script-view.ts'
import { watchClip } from '../_shared/watch-clip.ts'
import { type SpeakRequest, speak } from './speak.ts'
import { speakScript } from './speak-script.ts'

/** The state of the last request: none yet, running, answered with a clip, or refused. */
export type Run =
  | { phase: 'idle' }
  | { phase: 'running' | 'answered'; startedAt: number; clip?: ClipView; script?: ScriptView }
  | { phase: 'refused'; problem: Problem }

/** Whether a text is too long to be spoken at once. */
export const isScript = (text: string, maxTextLength: number) => [...text].length > maxTextLength

/**
 * Has texts spoken, one at a time, and keeps the clip up to date until it is stored or expired. Those of more than
 * `maxTextLength` characters are spoken in pieces.
 */
export function useVocalize(apiKey: string, maxTextLength: number) {
  const [run, setRun] = useState<Run>({ phase: 'idle' })
  const current = useRef<AbortController>(null)
  useEffect(() => () => current.current?.abort(), [])

  const start = useCallback(
    async (request: SpeakRequest) => {
      current.current?.abort()
      const controller = new AbortController()
      const { signal } = controller
      current.current = controller
      const startedAt = Date.now()
      const show = (next: Run) => !signal.aborted && setRun(next)
      let clip: ClipView | undefined
      const onClip = (changed: ClipView) => {
        clip = changed
        show({ phase: 'running', startedAt, clip })
      }
      setRun({ phase: 'running', startedAt })
      try {
        const onScript = (script: ScriptView) => show({ phase: 'running', startedAt, script })
        const answered = isScript(request.text, maxTextLength)
          ? await speakScript(request, { apiKey, signal, onScript })
          : withAnswer(clip, await speak(request, { apiKey, signal, onClip }), startedAt)
        show({ phase: 'answered', startedAt, clip: answered })
        if (isSettled(answered)) return
        if (signal.aborted) return
        const stop = watchClip(answered.id, (changed) =>
          show({ phase: 'answered', startedAt, clip: changed }),
        )
        signal.addEventListener('abort', stop)
      } catch (error) {
        show({ phase: 'refused', problem: asProblem(error) })
      }
    },
    [apiKey, maxTextLength],
  )
  return { run, start }
}

/** The clip of the answer, with the fields that only the events carry. */
function withAnswer(clip: ClipView | undefined, answer: Partial<ClipView>, startedAt: number): ClipView {
  const now = new Date().toISOString()
  const fallback = {
    createdAt: new Date(startedAt).toISOString(),
    expiresAt: now,
    stagedAt: now,
    attempts: [],
  }
  return { ...fallback, ...clip, ...answer, state: answer.isTemporary ? 'pending' : 'stored' } as ClipView
}
