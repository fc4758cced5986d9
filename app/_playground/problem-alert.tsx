import { Alert, Code } from '@mantine/core'
import { IconAlert } from '../_shared/icons.tsx'
import type { Problem } from '../_shared/problem.ts'

/** A refused request, with the reason that the service gives. */
export function ProblemAlert({ problem }: { problem: Problem }) {
  return (
    <Alert
      role="alert"
      title={problem.title ?? 'The request failed'}
      icon={<IconAlert />}
      styles={{
        root: { background: 'var(--bad-soft)' },
        title: { color: 'var(--bad)' },
        icon: { color: 'var(--bad)' },
        message: { color: 'var(--mantine-color-text)' },
      }}
    >
      {problem.detail}
      {problem.requestId && (
        <div>
          Request <Code>{problem.requestId}</Code>
        </div>
      )}
    </Alert>
  )
}
