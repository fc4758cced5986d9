import { Alert, Code } from '@mantine/core'
import { IconAlert } from '../_shared/icons.tsx'
import type { Problem } from '../_shared/problem.ts'

/** A refusal in the service's own words. */
export function ProblemAlert({ problem }: { problem: Problem }) {
  return (
    <Alert
      role="alert"
      title={problem.title ?? 'That did not work'}
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
