import { Paper, Table, Text } from '@mantine/core'
import type { ProviderStats } from '#lib/dashboard/read-stats.ts'
import { providerLabel } from '../../_shared/format.ts'
import styles from './dashboard.module.css'
import { BreakerCell, ShareCell, TimeCells } from './health-cells.tsx'

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
        <Table.ScrollContainer
          minWidth={460}
          type="native"
          tabIndex={0}
          role="region"
          aria-label="Provider stats"
        >
          <Table verticalSpacing="xs" className={styles.table}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Provider</Table.Th>
                <Table.Th>Breaker</Table.Th>
                <Table.Th ta="end">Success rate</Table.Th>
                <Table.Th ta="end">p50 to IPFS</Table.Th>
                <Table.Th ta="end">p95</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {providers.map((provider) => (
                <ProviderRow key={provider.provider} {...provider} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Paper>
  )
}

function ProviderRow({ provider, breaker, note, storedTries, failedTries, timeToIpfs }: ProviderStats) {
  return (
    <Table.Tr>
      <Table.Th scope="row">{providerLabel(provider)}</Table.Th>
      <BreakerCell breaker={breaker} note={note} />
      <ShareCell good={storedTries} failed={failedTries} />
      <TimeCells times={timeToIpfs} />
    </Table.Tr>
  )
}
