import { Button, Paper, Skeleton, Tabs, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import useSWR from 'swr'
import type { ProviderStats } from '#lib/dashboard/read-stats.ts'
import { IconRefresh } from '../../_shared/icons.tsx'
import { asProblem } from '../../_shared/problem.ts'
import { ClipDrawer } from './clip-drawer.tsx'
import { ClipFilters } from './clip-filters.tsx'
import { ClipTable } from './clip-table.tsx'
import styles from './clips.module.css'
import { type ClipPage, clipsUrlOf, createClipReader, type ListedState, stateOf, states } from './clips.ts'
import { type RetryOutcome, retry } from './retry.ts'
import { RetryAlert } from './retry-alert.tsx'
import type { View } from './use-url.ts'

const labels: Record<ListedState, { label: string; none: string }> = {
  pending: { label: 'Pending', none: 'No clip is pending.' },
  stored: { label: 'Stored', none: 'No clip is stored.' },
  expired: { label: 'Expired', none: 'No clip has expired.' },
  all: { label: 'All', none: 'There is no clip.' },
}

interface ClipsPanelProps {
  view: View
  changedAt: number | undefined
  providers: ProviderStats[]
}

/** The clips by their state, with search and filters, the details of each, and a retry of one or of all pending ones. */
export function ClipsPanel({ view, changedAt, providers }: ClipsPanelProps) {
  const { params, show } = view
  const state = stateOf(params)
  const isSearch = Boolean(params.get('q'))
  const [retrying, setRetrying] = useState<string>()
  const [outcome, setOutcome] = useState<RetryOutcome>()
  const [read] = useState(createClipReader)
  // What is shown always belongs to this address: nothing is kept of another one.
  const { data, error, mutate } = useSWR<ClipPage>(clipsUrlOf(params), read)
  // biome-ignore lint/correctness/useExhaustiveDependencies: loaded again whenever something has changed.
  useEffect(() => {
    void mutate()
  }, [changedAt, mutate])

  async function retryClips(id?: string) {
    setRetrying(id ?? 'all')
    setOutcome(undefined)
    const failed = (error: unknown): RetryOutcome => ({ tone: 'bad', sentences: [asProblem(error).detail] })
    setOutcome(await retry(id).catch(failed))
    setRetrying(undefined)
    void mutate()
  }

  const isFiltered = ['provider', 'from', 'before', 'cursor'].some((name) => params.has(name))
  const list = (
    <>
      {error && !data && <Text className={styles.none}>{asProblem(error).detail}</Text>}
      {!data && !error && <Skeleton height={160} mt="md" aria-label="Loading the clips" />}
      {data?.clips.length === 0 && (
        <Text className={styles.none}>{isSearch || isFiltered ? 'No clip fits.' : labels[state].none}</Text>
      )}
      {data && data.clips.length > 0 && (
        <ClipTable
          clips={data.clips}
          retrying={retrying}
          onOpen={(id) => show({ clip: id })}
          onRetry={retryClips}
        />
      )}
    </>
  )
  return (
    <Paper component="section" withBorder radius="lg" className={styles.panel} aria-labelledby="clips-title">
      <div className={styles.panelHead}>
        <h2 id="clips-title">Clips</h2>
        {state === 'pending' && !isSearch && (
          <Button
            size="xs"
            variant="default"
            loading={retrying === 'all'}
            disabled={!data?.total}
            leftSection={<IconRefresh size={15} />}
            onClick={() => retryClips()}
          >
            Retry all
          </Button>
        )}
      </div>
      <RetryAlert outcome={outcome} onClose={() => setOutcome(undefined)} />
      <ClipFilters view={view} providers={providers} />
      {isSearch ? (
        <section aria-label="Search results">{list}</section>
      ) : (
        <Tabs value={state} onChange={(value) => show({ state: tabParam(value), ...noFilters })}>
          <Tabs.List className={styles.tabs}>
            {states.map((value) => (
              <Tabs.Tab key={value} value={value}>
                {labels[value].label}
                {value === state && data ? ` · ${countOf(data)}` : ''}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {states.map((value) => (
            <Tabs.Panel key={value} value={value}>
              {value === state && list}
            </Tabs.Panel>
          ))}
        </Tabs>
      )}
      <Pages view={view} page={data} />
      <ClipDrawer
        id={params.get('clip') ?? undefined}
        retrying={retrying}
        onRetry={retryClips}
        outcome={outcome}
        onClose={() => show({ clip: undefined })}
      />
    </Paper>
  )
}

function Pages({ view: { params, show }, page }: { view: View; page: ClipPage | undefined }) {
  const isFirst = !params.has('cursor')
  if (isFirst && !page?.nextCursor) return null
  return (
    <nav aria-label="Pages of clips" className={styles.pages}>
      <Button size="xs" variant="default" disabled={isFirst} onClick={() => show({ cursor: undefined })}>
        First page
      </Button>
      <Button
        size="xs"
        variant="default"
        disabled={!page?.nextCursor}
        onClick={() => show({ cursor: page?.nextCursor })}
      >
        Next page
      </Button>
    </nav>
  )
}

const noFilters = { provider: undefined, from: undefined, before: undefined, cursor: undefined }
const tabParam = (value: string | null) => (value === 'pending' ? undefined : (value ?? undefined))
const countOf = ({ total, isTotalExact }: ClipPage) =>
  `${total.toLocaleString('en')}${isTotalExact ? '' : '+'}`
