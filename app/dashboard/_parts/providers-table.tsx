import { Paper, Text } from '@mantine/core'
import type { ProviderStats } from '#lib/dashboard/read-stats.ts'
import { providerLabel } from '../../_shared/format.ts'
import styles from './dashboard.module.css'
import { HealthRow, HealthTable, ShareCell, TimeCells } from './health-cells.tsx'

const measured = ['Success rate', 'p50 to IPFS', 'p95'] as const

/** The breaker state and the stats of each provider. */
export function ProvidersTable({ providers }: { providers: ProviderStats[] }) {
  return (
    <Paper
      component="section"
      withBorder
      radius="lg"
      className={styles.card}
      aria-labelledby="providers-title"
    >
      <h2 id="providers-title">Providers</h2>
      {providers.length === 0 ? (
        <Text c="dimmed" size="sm">
          No provider is configured, so every clip stays pending until it expires.
        </Text>
      ) : (
        <HealthTable columns={['Provider', 'Breaker', ...measured]}>
          {providers.map((provider) => (
            <ProviderRow key={provider.provider} {...provider} />
          ))}
        </HealthTable>
      )}
    </Paper>
  )
}

function ProviderRow({ provider, breaker, note, storedTries, failedTries, timeToIpfs }: ProviderStats) {
  const [success, p50, p95] = measured
  return (
    <HealthRow name={providerLabel(provider)} {...{ breaker, note }}>
      <ShareCell label={success} good={storedTries} failed={failedTries} />
      <TimeCells labels={[p50, p95]} times={timeToIpfs} />
    </HealthRow>
  )
}
