import { Alert, Code } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { Problem } from '../_shared/problem.ts'

/** A refusal in the service's own words. */
export function ProblemAlert({ problem }: { problem: Problem }) {
  return (
    <Alert
      role="alert"
      title={problem.title ?? 'That did not work'}
      icon={<IconAlertTriangle aria-hidden />}
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
