'use client'

import { useState } from 'react'
import { ClipPanel } from './clip-panel.tsx'
import { Composer } from './composer.tsx'
import { CurlPanel } from './curl-panel.tsx'
import styles from './playground.module.css'
import { isScript, useVocalize } from './use-vocalize.ts'

interface PlaygroundProps {
  baseUrl: string
  /** A text up to this length is spoken at once. */
  maxTextLength: number
  /** A longer one is spoken in pieces, up to this. */
  maxScriptLength: number
  needsKey: boolean
}

/** Speaks a text, plays the clip, watches it until its address is permanent, and verifies it. */
export function Playground({ baseUrl, maxTextLength, maxScriptLength, needsKey }: PlaygroundProps) {
  const [text, setText] = useState('')
  const [voiceId, setVoiceId] = useState('')
  const [apiKey, setApiKey] = useState('')
  const { run, start } = useVocalize(apiKey, maxTextLength)
  const isLong = isScript(text.trim(), maxTextLength)
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
          {...{ text, setText, voiceId, setVoiceId, apiKey, setApiKey, needsKey }}
          maxTextLength={Math.max(maxTextLength, maxScriptLength)}
          isRunning={run.phase === 'running'}
          problem={run.phase === 'refused' ? run.problem : undefined}
          onSpeak={() => start({ text: text.trim(), voiceId })}
        />
        <ClipPanel run={run} />
        <CurlPanel {...{ baseUrl, text, voiceId, needsKey, isLong }} />
      </div>
    </main>
  )
}
