import { Paper, Table } from '@mantine/core'
import type { VendorStats } from '#lib/dashboard/speech-stats.ts'
import { vendorLabel } from '../../_shared/format.ts'
import styles from './dashboard.module.css'
import { BreakerCell, ShareCell, TimeCells } from './health-cells.tsx'

/** The breaker state and the stats of each speech vendor. */
export function SpeechTable({ vendors }: { vendors: VendorStats[] }) {
  return (
    <Paper component="section" withBorder radius="lg" className={styles.card} aria-labelledby="speech-title">
      <h2 id="speech-title">Speech</h2>
      <Table.ScrollContainer
        minWidth={460}
        type="native"
        tabIndex={0}
        role="region"
        aria-label="Speech stats"
      >
        <Table verticalSpacing="xs" className={styles.table}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Vendor</Table.Th>
              <Table.Th>Breaker</Table.Th>
              <Table.Th ta="end">Success rate</Table.Th>
              <Table.Th ta="end">p50 to first byte</Table.Th>
              <Table.Th ta="end">p95</Table.Th>
              <Table.Th ta="end">Characters</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {vendors.map((vendor) => (
              <VendorRow key={vendor.vendor} {...vendor} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  )
}

function VendorRow({ vendor, breaker, note, spoken, failed, characters, firstByte }: VendorStats) {
  return (
    <Table.Tr>
      <Table.Th scope="row">{vendorLabel(vendor)}</Table.Th>
      <BreakerCell breaker={breaker} note={note} />
      <ShareCell good={spoken} failed={failed} />
      <TimeCells times={firstByte} />
      <Table.Td ta="end">{characters.toLocaleString('en')}</Table.Td>
    </Table.Tr>
  )
}
