import { Button, NativeSelect, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import type { ProviderStats } from '#lib/dashboard/read-stats.ts'
import { providerLabel } from '../../_shared/format.ts'
import styles from './clips.module.css'
import { stateOf } from './clips.ts'
import type { View } from './use-url.ts'

const HOUR_MS = 3_600_000
const presets = [
  { label: 'Any time', value: '' },
  { label: 'Last hour', value: String(HOUR_MS) },
  { label: 'Last 24 hours', value: String(24 * HOUR_MS) },
  { label: 'Last 7 days', value: String(7 * 24 * HOUR_MS) },
  { label: 'Chosen times', value: 'chosen' },
]
/** What the times of each list are. */
const timeNames = { pending: 'Expires', expired: 'Expired', stored: 'Stored', all: 'Spoken' }

/** Search, and filters by provider and time. What is chosen stands in the address. */
export function ClipFilters({ view, providers }: { view: View; providers: ProviderStats[] }) {
  const { params, show } = view
  const text = params.get('q') ?? ''
  return (
    <div className={styles.filters}>
      <SearchForm key={text} text={text} onSearch={(q) => show({ q, cursor: undefined })} />
      {!text && <ListFilters {...{ view, providers }} />}
    </div>
  )
}

function SearchForm({ text, onSearch }: { text: string; onSearch: (text: string | undefined) => void }) {
  function search(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    onSearch(String(new FormData(event.currentTarget).get('q')).trim())
  }
  return (
    <search className={styles.searchArea}>
      <form className={styles.search} onSubmit={search}>
        <TextInput
          size="xs"
          name="q"
          type="search"
          label="Search"
          placeholder="Id, address, CID or request id"
          defaultValue={text}
          autoComplete="off"
          spellCheck={false}
        />
        <Button size="xs" variant="default" type="submit">
          Search
        </Button>
        {text && (
          <Button size="xs" variant="subtle" color="gray" onClick={() => onSearch(undefined)}>
            Clear
          </Button>
        )}
      </form>
    </search>
  )
}

function ListFilters({ view: { params, show }, providers }: { view: View; providers: ProviderStats[] }) {
  const state = stateOf(params)
  const { from, before } = { from: params.get('from') ?? '', before: params.get('before') ?? '' }
  const hasTimes = from !== '' || before !== ''
  const name = timeNames[state]
  const chosen = params.get('provider') ?? ''
  // The address may name one before the list of them is here.
  const named = new Set([...providers.map(({ provider }) => provider), ...(chosen ? [chosen] : [])])

  function choose(preset: string) {
    const now = Date.now()
    const ms = preset === 'chosen' ? 24 * HOUR_MS : Number(preset)
    const isAhead = state === 'pending'
    show({
      from: ms > 0 && !isAhead ? toMinute(now - ms) : undefined,
      before: ms > 0 && isAhead ? toMinute(now + ms) : undefined,
      cursor: undefined,
    })
  }

  return (
    <>
      {state === 'stored' && (
        <NativeSelect
          size="xs"
          label="Provider"
          value={chosen}
          data={[
            { value: '', label: 'Any provider' },
            ...[...named].map((provider) => ({ value: provider, label: providerLabel(provider) })),
          ]}
          onChange={(event) => show({ provider: event.currentTarget.value, cursor: undefined })}
        />
      )}
      <NativeSelect
        size="xs"
        label={name}
        value={hasTimes ? 'chosen' : ''}
        data={presets.map(({ label, value }) => ({
          value,
          label: state === 'pending' ? label.replace('Last', 'Within') : label,
        }))}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      {hasTimes && (
        <>
          <TextInput
            size="xs"
            type="datetime-local"
            label="From"
            value={toLocal(from)}
            onChange={(event) => show({ from: toIso(event.currentTarget.value), cursor: undefined })}
          />
          <TextInput
            size="xs"
            type="datetime-local"
            label="Before"
            value={toLocal(before)}
            onChange={(event) => show({ before: toIso(event.currentTarget.value), cursor: undefined })}
          />
        </>
      )}
    </>
  )
}

const toMinute = (timeMs: number) => new Date(Math.floor(timeMs / 60_000) * 60_000).toISOString()

/** A time as a field for local times takes it, such as `2026-11-22T14:03`. */
function toLocal(time: string): string {
  const timeMs = Date.parse(time)
  if (Number.isNaN(timeMs)) return ''
  const offsetMs = new Date(timeMs).getTimezoneOffset() * 60_000
  return new Date(timeMs - offsetMs).toISOString().slice(0, 16)
}

function toIso(local: string): string | undefined {
  const timeMs = Date.parse(local)
  return Number.isNaN(timeMs) ? undefined : new Date(timeMs).toISOString()
}
