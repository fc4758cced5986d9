'use client'

import '@mantine/charts/styles.css'
import { Alert, Button, SegmentedControl, SimpleGrid, Skeleton } from '@mantine/core'
import type { Range } from '#lib/dashboard/read-stats.ts'
import type { Figures } from '#lib/http/answers/figures.ts'
import { IconSignOut } from '../../_shared/icons.tsx'
import { AttentionPanel } from './attention-panel.tsx'
import { Charts } from './charts.tsx'
import { ClipsPanel } from './clips-panel.tsx'
import styles from './dashboard.module.css'
import { type FirstClip, FirstSteps } from './first-steps.tsx'
import { ProvidersTable } from './providers-table.tsx'
import { RequestsPanel } from './requests-panel.tsx'
import { SpeechFailures } from './speech-failures.tsx'
import { SpeechTable } from './speech-table.tsx'
import { StatCards } from './stat-cards.tsx'
import { useStats } from './use-stats.ts'
import { useUrl } from './use-url.ts'

const rangeLabels: { value: Range; label: string }[] = [
  { value: '1h', label: '1 hour' },
  { value: '24h', label: '24 hours' },
  { value: '7d', label: '7 days' },
  { value: '30d', label: '30 days' },
]
const CLIPS = 'clips'

/** What needs the operator, the stats of the service, now and over time, and its clips. */
export function Dashboard({ firstClip }: { firstClip: FirstClip }) {
  const view = useUrl()
  const range = rangeLabels.find(({ value }) => value === view.params.get('range'))?.value ?? '24h'
  const { stats, connection } = useStats(range)

  async function signOut() {
    await fetch('/api/admin/session', { method: 'DELETE' })
    window.location.reload()
  }
  function showPending() {
    view.show({ state: undefined, provider: undefined, from: undefined, before: undefined, q: undefined })
    document.getElementById(CLIPS)?.scrollIntoView()
  }

  return (
    <main id="content" className={styles.main}>
      <div className={styles.head}>
        <h1>Dashboard</h1>
        <span className={styles.live} data-connection={connection} role="status">
          {connectionLabels[connection]}
        </span>
        <SegmentedControl
          size="xs"
          radius="md"
          data={rangeLabels}
          value={range}
          aria-label="Range"
          className={styles.range}
          onChange={(value) => view.show({ range: value === '24h' ? undefined : value })}
        />
        <Button
          size="xs"
          variant="default"
          className={styles.signOut}
          leftSection={<IconSignOut size={15} />}
          onClick={signOut}
        >
          Sign out
        </Button>
      </div>
      {connection === 'ended' && <SessionEnded />}
      {stats ? (
        <>
          <AttentionPanel attention={stats.attention} now={stats.at} onShowPending={showPending} />
          {isFresh(stats) ? <FirstSteps {...firstClip} /> : <Now stats={stats} />}
        </>
      ) : (
        <Skeleton height={420} radius="lg" aria-label="Loading the stats" />
      )}
      {!(stats && isFresh(stats)) && (
        <div id={CLIPS} className={styles.anchor}>
          <ClipsPanel view={view} changedAt={stats?.at} providers={stats?.providers ?? []} />
        </div>
      )}
      {stats && !isFresh(stats) && <OverTime stats={stats} />}
    </main>
  )
}

function Now({ stats }: { stats: Figures }) {
  return (
    <>
      <StatCards stats={stats} />
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
        <SpeechTable vendors={stats.speech.vendors} />
        <ProvidersTable providers={stats.providers} />
      </SimpleGrid>
    </>
  )
}

function OverTime({ stats }: { stats: Figures }) {
  return (
    <>
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
        <SpeechFailures failures={stats.speech.failures} />
        <RequestsPanel requests={stats.requests} />
      </SimpleGrid>
      <Charts stats={stats} />
    </>
  )
}

/** Nothing was spoken since the first start, nor tried in vain. */
const isFresh = ({ characters, clips, temporary, speech }: Figures) =>
  characters.spoken + clips.spoken + temporary.clips + speech.failures.length === 0

function SessionEnded() {
  return (
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
  )
}

const connectionLabels = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Reconnecting',
  ended: 'Signed out',
} as const
