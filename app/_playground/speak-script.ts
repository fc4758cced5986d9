import type { ClipView } from '../_shared/clip-view.ts'
import { ProblemError, readProblem } from '../_shared/problem.ts'
import type { ScriptView } from '../_shared/script-view.ts'
import { bearer, type SpeakRequest } from './speak.ts'

const POLL_MS = 1000

/**
 * Sends a text to be spoken piece by piece, with captions where the voice has them, and calls `onScript` with each answer
 * until its clip is there. Goes on across lost connections once the text was taken.
 *
 * @returns the joined clip
 * @throws ProblemError when the service refuses, or the script fails; TypeError when it cannot be reached
 */
export async function speakScript(
  request: SpeakRequest,
  options: { apiKey: string; signal: AbortSignal; onScript: (script: ScriptView) => void },
): Promise<ClipView> {
  const { apiKey, signal, onScript } = options
  const headers = bearer(apiKey)
  const sent = await fetch('/api/scripts', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify({ ...request, timestamps: true }),
    signal,
  })
  if (!sent.ok) throw await readProblem(sent)
  let script: ScriptView = (await sent.json()).data
  for (;;) {
    onScript(script)
    if (script.clip) return script.clip
    if (script.state === 'failed' || script.state === 'cancelled') throw failure(script)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    signal.throwIfAborted()
    const response = await fetch(`/api/scripts/${script.id}`, { headers, signal }).catch(() => undefined)
    if (response?.ok) script = (await response.json()).data
    else if (response && response.status < 500) throw await readProblem(response)
  }
}

function failure({ state, error }: ScriptView): ProblemError {
  const detail = error?.detail ?? 'Nothing more of it is spoken'
  return new ProblemError({
    status: 0,
    title: `The text has ${state === 'failed' ? 'failed' : 'been cancelled'}`,
    detail,
  })
}
