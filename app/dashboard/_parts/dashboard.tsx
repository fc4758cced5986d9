'use client'

import '@mantine/charts/styles.css'
import { Alert, Button, SegmentedControl, Skeleton } from '@mantine/core'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import type { Range } from '#lib/dashboard/read-stats.ts'
import { IconSignOut } from '../../_shared/icons.tsx'
import { Charts } from './charts.tsx'
import { ClipsPanel } from './clips-panel.tsx'
import styles from './dashboard.module.css'
import { ProvidersTable } from './providers-table.tsx'
import { StatCards } from './stat-cards.tsx'
import { type Connection, useFigures } from './use-figures.ts'

const rangeLabels: { value: Range; label: string }[] = [
  { value: '1h', label: '1 hour' },
  { value: '24h', label: '24 hours' },
  { value: '7d', label: '7 days' },
  { value: '30d', label: '30 days' },
]

/** How the service does, now and over time; and what waits or has failed, with the means to retry it. */
export function Dashboard() {
  const router = useRouter()
  const [range, setRange] = useState<Range>('24h')
  const { figures, connection } = useFigures(range)

  async function signOut() {
    await fetch('/api/admin/session', { method: 'DELETE' })
    router.refresh()
  }

  return (
    <main id="content" className={styles.main}>
      <div className={styles.head}>
        <h1>Dashboard</h1>
        <LiveMark connection={connection} />
        <SegmentedControl
          size="xs"
          radius="md"
          data={rangeLabels}
          value={range}
          aria-label="Range"
          className={styles.range}
          onChange={(value) => setRange(value as Range)}
        />
        <Button size="xs" variant="default" leftSection={<IconSignOut size={15} />} onClick={signOut}>
          Sign out
        </Button>
      </div>
      {connection === 'ended' && (
        <Alert
          title="The session has ended"
          role="alert"
          classNames={{ root: styles.closed, message: styles.plain }}
        >
          Sign in again to see how things stand.{' '}
          <Button size="compact-sm" onClick={() => router.refresh()}>
            Sign in
          </Button>
        </Alert>
      )}
      {figures ? (
        <>
          <StatCards figures={figures} />
          <ProvidersTable providers={figures.providers} />
          <Charts figures={figures} />
        </>
      ) : (
        <Skeleton height={420} radius="lg" aria-label="Reading the figures" />
      )}
      <ClipsPanel changedAt={figures?.at} />
    </main>
  )
}

const marks: Record<Connection, string> = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Reconnecting',
  ended: 'Signed out',
}

function LiveMark({ connection }: { connection: Connection }) {
  return (
    <span className={styles.live} data-connection={connection} role="status">
      {marks[connection]}
    </span>
  )
}
