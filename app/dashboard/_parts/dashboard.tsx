'use client'

import '@mantine/charts/styles.css'
import { Alert, Button, SegmentedControl, Skeleton } from '@mantine/core'
import { useState } from 'react'
import type { Range } from '#lib/dashboard/read-stats.ts'
import { IconSignOut } from '../../_shared/icons.tsx'
import { Charts } from './charts.tsx'
import { ClipsPanel } from './clips-panel.tsx'
import styles from './dashboard.module.css'
import { ProvidersTable } from './providers-table.tsx'
import { SpeechTable } from './speech-table.tsx'
import { StatCards } from './stat-cards.tsx'
import { type Connection, useStats } from './use-stats.ts'

const rangeLabels: { value: Range; label: string }[] = [
  { value: '1h', label: '1 hour' },
  { value: '24h', label: '24 hours' },
  { value: '7d', label: '7 days' },
  { value: '30d', label: '30 days' },
]

/** The stats of the service, now and over time; and its clips, with retries for the pending ones. */
export function Dashboard() {
  const [range, setRange] = useState<Range>('24h')
  const { stats, connection } = useStats(range)

  async function signOut() {
    await fetch('/api/admin/session', { method: 'DELETE' })
    window.location.reload()
  }

  return (
    <main id="content" className={styles.main}>
      <div className={styles.head}>
        <h1>Dashboard</h1>
        <LiveBadge connection={connection} />
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
          Sign in again to see the dashboard.{' '}
          <Button size="compact-sm" onClick={() => window.location.reload()}>
            Sign in
          </Button>
        </Alert>
      )}
      {stats ? (
        <>
          <StatCards stats={stats} />
          <SpeechTable speech={stats.speech} />
          <ProvidersTable providers={stats.providers} />
          <Charts stats={stats} />
        </>
      ) : (
        <Skeleton height={420} radius="lg" aria-label="Loading the stats" />
      )}
      <ClipsPanel changedAt={stats?.at} />
    </main>
  )
}

const connectionLabels: Record<Connection, string> = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Reconnecting',
  ended: 'Signed out',
}

function LiveBadge({ connection }: { connection: Connection }) {
  return (
    <span className={styles.live} data-connection={connection} role="status">
      {connectionLabels[connection]}
    </span>
  )
}
