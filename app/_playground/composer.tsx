import { Button, Group, Kbd, Paper, PasswordInput, Text, Textarea } from '@mantine/core'
import type { FormEvent, KeyboardEvent } from 'react'
import { IconMicrophone } from '../_shared/icons.tsx'
import type { Problem } from '../_shared/problem.ts'
import styles from './playground.module.css'
import { ProblemAlert } from './problem-alert.tsx'
import { VoiceSelect } from './voice-select.tsx'

interface ComposerProps {
  text: string
  setText: (text: string) => void
  voiceId: string
  setVoiceId: (voiceId: string) => void
  apiKey: string
  setApiKey: (apiKey: string) => void
  maxTextLength: number
  needsKey: boolean
  isRunning: boolean
  problem: Problem | undefined
  onSpeak: () => void
}

/** The form for text and voice. */
export function Composer(props: ComposerProps) {
  const { text, maxTextLength, needsKey, apiKey, isRunning, problem } = props
  const characters = [...text.trim()].length
  const isTooLong = characters > maxTextLength
  const isReady = characters > 0 && !isTooLong && props.voiceId !== '' && !(needsKey && apiKey === '')

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
      className={`${styles.card} ${styles.composer}`}
      onSubmit={submit}
    >
      <Textarea
        label="Text"
        description="The audio, and the text as its captions, become public and permanent."
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        placeholder="Type or paste the text to speak"
        autosize
        minRows={6}
        maxRows={16}
        value={text}
        error={isTooLong && `At most ${maxTextLength.toLocaleString('en')} characters`}
        classNames={{ input: styles.text, label: styles.label }}
        onChange={(event) => props.setText(event.currentTarget.value)}
        onKeyDown={submitByKeys}
      />
      <Text size="xs" c="dimmed" className={styles.counter}>
        {characters.toLocaleString('en')} of {maxTextLength.toLocaleString('en')} characters
      </Text>
      {needsKey && (
        <PasswordInput
          label="API key"
          description="This service requires a key. It is kept only while this page is open."
          autoComplete="off"
          value={apiKey}
          error={problem?.status === 401 && problem.detail}
          classNames={{ label: styles.label }}
          onChange={(event) => props.setApiKey(event.currentTarget.value)}
        />
      )}
      <Group align="flex-end" gap="sm" wrap="nowrap" className={styles.actions}>
        <VoiceSelect voiceId={props.voiceId} onChange={props.setVoiceId} {...{ apiKey, needsKey }} />
        <Button
          type="submit"
          size="md"
          loading={isRunning}
          disabled={!isReady}
          leftSection={<IconMicrophone size={18} stroke={1.8} />}
        >
          Speak
        </Button>
      </Group>
      <Text size="xs" c="dimmed" visibleFrom="sm">
        <Kbd size="xs">Ctrl</Kbd> + <Kbd size="xs">Enter</Kbd> also speaks
      </Text>
      {problem && <ProblemAlert problem={problem} />}
    </Paper>
  )
}
