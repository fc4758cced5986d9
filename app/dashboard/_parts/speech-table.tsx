import { Paper } from '@mantine/core'
import type { VendorStats } from '#lib/dashboard/speech-stats.ts'
import { vendorLabel } from '../../_shared/format.ts'
import styles from './dashboard.module.css'
import { HealthRow, HealthTable, MeasuredCell, ShareCell, TimeCells } from './health-cells.tsx'

const measured = ['Success rate', 'p50 to first byte', 'p95', 'Characters'] as const

/** The breaker state and the stats of each speech vendor. */
export function SpeechTable({ vendors }: { vendors: VendorStats[] }) {
  return (
    <Paper component="section" withBorder radius="lg" className={styles.card} aria-labelledby="speech-title">
      <h2 id="speech-title">Speech</h2>
      <HealthTable columns={['Vendor', 'Breaker', ...measured]}>
        {vendors.map((vendor) => (
          <VendorRow key={vendor.vendor} {...vendor} />
        ))}
      </HealthTable>
    </Paper>
  )
}

function VendorRow({ vendor, breaker, note, spoken, failed, characters, firstByte }: VendorStats) {
  const [success, p50, p95, spokenCharacters] = measured
  return (
    <HealthRow name={vendorLabel(vendor)} {...{ breaker, note }}>
      <ShareCell label={success} good={spoken} failed={failed} />
      <TimeCells labels={[p50, p95]} times={firstByte} />
      <MeasuredCell label={spokenCharacters}>{characters.toLocaleString('en')}</MeasuredCell>
    </HealthRow>
  )
}
