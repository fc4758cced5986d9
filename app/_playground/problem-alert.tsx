import { Alert, Code, Text } from '@mantine/core'
import { IconAlert } from '../_shared/icons.tsx'
import type { Problem } from '../_shared/problem.ts'
import styles from './composer.module.css'
import { wordsOf } from './problem-words.ts'
import { useSecondsUntil } from './use-seconds-until.ts'

/** A refused request: what happened, and when to try again. */
export function ProblemAlert({ problem }: { problem: Problem }) {
  const { title, text } = wordsOf(problem)
  return (
    <Alert
      role="alert"
      title={title}
      icon={<IconAlert />}
      styles={{
        root: { background: 'var(--bad-soft)' },
        title: { color: 'var(--bad)' },
        icon: { color: 'var(--bad)' },
        message: { color: 'var(--mantine-color-text)' },
      }}
    >
      {text}
      {problem.retryAt !== undefined && <Wait until={problem.retryAt} />}
      {problem.requestId && (
        <Text size="xs" c="dimmed" mt={6} className={styles.breaking}>
          If you ask for help, name this request: <Code>{problem.requestId}</Code>
        </Text>
      )}
    </Alert>
  )
}

/** Counts down. Screen readers hear the first number only, since they would read out every second. */
function Wait({ until }: { until: number }) {
  const seconds = useSecondsUntil(until)
  return (
    <div role="timer" aria-live="off">
      {seconds > 0 ? `You can try again in ${inWords(seconds)}.` : 'You can try again now.'}
    </div>
  )
}

function inWords(seconds: number): string {
  if (seconds < 100) return seconds === 1 ? '1 second' : `${seconds} seconds`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 100 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`
}
