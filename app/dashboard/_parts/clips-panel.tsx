import { Alert, Button, Pagination, Paper, Skeleton, Tabs, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import useSWR from 'swr'
import type { ListedState } from '#lib/catalog/clip-list.ts'
import { IconRefresh } from '../../_shared/icons.tsx'
import { asProblem } from '../../_shared/problem.ts'
import { ClipDrawer } from './clip-drawer.tsx'
import { ClipTable } from './clip-table.tsx'
import { readClips, retry } from './clips.ts'
import styles from './dashboard.module.css'

const PAGE_SIZE = 12
const tabs: { value: ListedState; label: string; none: string }[] = [
  { value: 'waiting', label: 'Pending', none: 'No clip is pending.' },
  { value: 'expired', label: 'Expired', none: 'No clip has expired.' },
  { value: 'stored', label: 'Stored', none: 'No clip is stored yet.' },
]

/** The pending, expired and stored clips, with the details of each, and a retry of one or of all pending ones. */
export function ClipsPanel({ changedAt }: { changedAt: number | undefined }) {
  const [state, setState] = useState<ListedState>('waiting')
  const [page, setPage] = useState(1)
  const [openId, setOpenId] = useState<string>()
  const [retrying, setRetrying] = useState<string>()
  const [outcome, setOutcome] = useState('')
  const key = `/api/admin/clips?state=${state}&page=${page}&limit=${PAGE_SIZE}`
  const { data, error, mutate } = useSWR(key, readClips, { keepPreviousData: true })
  // biome-ignore lint/correctness/useExhaustiveDependencies: loaded again whenever something has changed.
  useEffect(() => {
    void mutate()
  }, [changedAt, mutate])

  async function retryClips(id?: string) {
    setRetrying(id ?? 'all')
    setOutcome('')
    setOutcome(await retry(id).catch((error) => asProblem(error).detail))
    setRetrying(undefined)
    void mutate()
  }

  const pages = Math.ceil((data?.total ?? 0) / PAGE_SIZE)
  return (
    <Paper component="section" withBorder radius="lg" className={styles.card} aria-labelledby="clips-title">
      <div className={styles.cardHead}>
        <h2 id="clips-title">Clips</h2>
        {state === 'waiting' && (
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
      <div role="status">
        {outcome && (
          <Alert
            withCloseButton
            closeButtonLabel="Dismiss"
            classNames={{ root: styles.closed, message: styles.plain }}
            onClose={() => setOutcome('')}
          >
            {outcome}
          </Alert>
        )}
      </div>
      <Tabs
        value={state}
        onChange={(value) => {
          setState((value ?? 'waiting') as ListedState)
          setPage(1)
        }}
      >
        <Tabs.List>
          {tabs.map(({ value, label }) => (
            <Tabs.Tab key={value} value={value}>
              {label}
              {value === state && data ? ` · ${data.total.toLocaleString('en')}` : ''}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map(({ value, none }) => (
          <Tabs.Panel key={value} value={value}>
            {error && <Text className={styles.empty}>{asProblem(error).detail}</Text>}
            {!data && !error && <Skeleton height={160} mt="md" />}
            {data?.total === 0 && <Text className={styles.empty}>{none}</Text>}
            {data && data.total > 0 && (
              <ClipTable clips={data.clips} retrying={retrying} onOpen={setOpenId} onRetry={retryClips} />
            )}
          </Tabs.Panel>
        ))}
      </Tabs>
      {pages > 1 && (
        <Pagination
          total={pages}
          value={page}
          onChange={setPage}
          size="sm"
          getControlProps={(control) => ({ 'aria-label': `${control} page` })}
        />
      )}
      <ClipDrawer id={openId} onClose={() => setOpenId(undefined)} />
    </Paper>
  )
}
