import { Button, Group, Kbd, Loader, Paper, PasswordInput, Text, Textarea } from '@mantine/core'
import { type FormEvent, type KeyboardEvent, useEffect } from 'react'
import { IconMicrophone } from '../_shared/icons.tsx'
import type { Problem } from '../_shared/problem.ts'
import type { Abilities } from './abilities.ts'
import styles from './composer.module.css'
import { examples } from './examples.ts'
import { followText } from './follow-text.ts'
import page from './playground.module.css'
import { ProblemAlert } from './problem-alert.tsx'
import { SettingsFields } from './settings-fields.tsx'
import type { useAccount } from './use-account.ts'
import type { Draft } from './use-draft.ts'
import { VoiceSelect } from './voice-select.tsx'

interface ComposerProps {
  draft: Draft
  change: (change: Partial<Draft>) => void
  apiKey: string
  setApiKey: (apiKey: string) => void
  account: ReturnType<typeof useAccount>
  abilities: Abilities
  /** A longer text is spoken in pieces. */
  maxTextLength: number
  longestTextLength: number
  needsKey: boolean
  isRunning: boolean
  problem: Problem | undefined
  onSpeak: () => void
}

/** The form for text, voice and settings. */
export function Composer(props: ComposerProps) {
  const { draft, change, account, abilities, longestTextLength, needsKey, apiKey, isRunning, problem } = props
  const { text, voiceId } = draft
  const { voices } = account
  const voice = voices?.find(({ id }) => id === voiceId)
  const characters = [...text.trim()].length
  const isTooLong = characters > longestTextLength
  const isReady = characters > 0 && !isTooLong && voiceId !== '' && !(needsKey && apiKey === '')

  // One that is not there, such as a stored one of another account, gives way to the first.
  const first = voices?.[0]?.id
  useEffect(() => {
    if (first && !voice) change({ voiceId: first })
  }, [first, voice, change])

  function submit(event: FormEvent) {
    event.preventDefault()
    if (isReady && !isRunning) props.onSpeak()
  }
  function submitByKeys(event: KeyboardEvent) {
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) submit(event)
  }

  return (
    <Paper
      component="form"
      withBorder
      radius="lg"
      className={`${page.card} ${page.composer}`}
      onSubmit={submit}
    >
      <Textarea
        label="Text"
        description="The audio, and the text as its captions, become public and permanent."
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        placeholder="Type or paste the text to speak"
        ref={followText}
        autosize
        minRows={6}
        maxRows={16}
        value={text}
        error={isTooLong && `At most ${longestTextLength.toLocaleString('en')} characters`}
        classNames={{ input: styles.text, label: page.label }}
        onChange={(event) => change({ text: event.currentTarget.value })}
        onKeyDown={submitByKeys}
      />
      <div className={styles.underText}>
        <Examples isShown={text.trim() === ''} onChoose={(chosen) => change({ text: chosen })} />
        <Text size="xs" c="dimmed" className={styles.counter}>
          {characters.toLocaleString('en')} of {longestTextLength.toLocaleString('en')} characters
          {characters > props.maxTextLength && !isTooLong && ', spoken in pieces'}
        </Text>
      </div>
      {needsKey && (
        <PasswordInput
          label="API key"
          description="This service requires a key. It is kept only while this page is open."
          autoComplete="off"
          value={apiKey}
          error={problem?.status === 401 && problem.detail}
          classNames={{ label: page.label }}
          onChange={(event) => props.setApiKey(event.currentTarget.value)}
        />
      )}
      <div className={styles.voiceRow}>
        <VoiceSelect voiceId={voiceId} onChange={(id) => change({ voiceId: id })} {...account} />
      </div>
      <SettingsFields
        settings={draft.settings}
        onChange={(settings) => change({ settings })}
        {...{ abilities, voice }}
        models={account.models}
      />
      <Group gap="md" className={styles.actions}>
        {/* Not `loading`: a disabled button would lose the focus. */}
        <Button
          type="submit"
          size="md"
          disabled={!isReady}
          aria-disabled={isRunning || undefined}
          aria-busy={isRunning || undefined}
          className={styles.speak}
          leftSection={
            isRunning ? <Loader size={18} color="currentColor" /> : <IconMicrophone size={18} stroke={1.8} />
          }
        >
          Speak
        </Button>
        <Text size="xs" c="dimmed" visibleFrom="sm">
          <Kbd size="xs">Ctrl</Kbd> + <Kbd size="xs">Enter</Kbd> also speaks
        </Text>
      </Group>
      {problem && <ProblemAlert problem={problem} />}
    </Paper>
  )
}

function Examples({ isShown, onChoose }: { isShown: boolean; onChoose: (text: string) => void }) {
  if (!isShown) return null
  return (
    <div className={styles.examples}>
      <Text size="xs" c="dimmed">
        Start from
      </Text>
      {examples.map(({ name, text }) => (
        <Button key={name} size="compact-xs" variant="default" radius="xl" onClick={() => onChoose(text)}>
          {name}
        </Button>
      ))}
    </div>
  )
}
