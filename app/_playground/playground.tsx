'use client'

import { useCallback, useState } from 'react'
import type { Abilities } from './abilities.ts'
import { ClipPanel } from './clip-panel.tsx'
import { CodePanel } from './code-panel.tsx'
import { Composer } from './composer.tsx'
import styles from './playground.module.css'
import { RecentPanel } from './recent-panel.tsx'
import { requestOf } from './settings.ts'
import { useAccount } from './use-account.ts'
import { type Draft, useDraft } from './use-draft.ts'
import { useRecent } from './use-recent.ts'
import { isScript, useVocalize } from './use-vocalize.ts'

interface PlaygroundProps {
  baseUrl: string
  abilities: Abilities
  /** A text up to this length is spoken at once. */
  maxTextLength: number
  /** A longer one is spoken in pieces, up to this. */
  maxScriptLength: number
  needsKey: boolean
}

/** Speaks a text, plays it meanwhile, watches the clip until its address is permanent, and verifies it. */
export function Playground({
  baseUrl,
  abilities,
  maxTextLength,
  maxScriptLength,
  needsKey,
}: PlaygroundProps) {
  const [draft, setDraft] = useDraft()
  const [apiKey, setApiKey] = useState('')
  const account = useAccount({ apiKey, needsKey, hasModels: abilities.hasModels })
  const recent = useRecent()
  const { shown, isRunning, problem, forgetProblem, start, replay } = useVocalize({
    apiKey,
    maxTextLength,
    onBegun: (id, { text, voiceId }) =>
      recent.begin({
        id,
        text,
        voice: account.voices?.find((voice) => voice.id === voiceId)?.name ?? voiceId,
      }),
    onClip: recent.update,
  })
  const change = useCallback(
    (changed: Partial<Draft>) => {
      setDraft((before) => ({ ...before, ...changed }))
      forgetProblem()
    },
    [setDraft, forgetProblem],
  )
  const request = requestOf(draft, abilities)
  return (
    <main id="content" className={styles.main}>
      <div className={styles.intro}>
        <h1>Text in, a permanent voice out</h1>
        <p>
          Every clip gets an address on IPFS that is computed from its bytes, so anyone can check that it is
          the same clip.
        </p>
      </div>
      <div className={styles.columns}>
        <Composer
          {...{ draft, change, apiKey, account, abilities, needsKey, isRunning, problem, maxTextLength }}
          setApiKey={(key) => {
            setApiKey(key)
            forgetProblem()
          }}
          longestTextLength={Math.max(maxTextLength, maxScriptLength)}
          onSpeak={() => start(request)}
        />
        <div className={styles.results}>
          <ClipPanel shown={shown} isRunning={isRunning} />
          <RecentPanel clips={recent.clips} shownId={shown?.id} onReplay={replay} onRemove={recent.remove} />
        </div>
        <CodePanel
          {...{ baseUrl, request, needsKey }}
          exampleVoiceId={abilities.exampleVoiceId}
          defaultModelId={abilities.defaults.modelId}
          isLong={isScript(request.text, maxTextLength)}
        />
      </div>
    </main>
  )
}
