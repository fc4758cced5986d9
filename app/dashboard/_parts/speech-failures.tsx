import { Paper, Text } from '@mantine/core'
import type { SpeechFailure } from '#lib/dashboard/speech-stats.ts'
import { formatDateTime, vendorLabel } from '../../_shared/format.ts'
import styles from './dashboard.module.css'

/** Why the latest texts were not spoken by the vendor that was asked for them. */
export function SpeechFailures({ failures }: { failures: SpeechFailure[] }) {
  return (
    <Paper
      component="section"
      withBorder
      radius="lg"
      className={styles.card}
      aria-labelledby="speech-failures-title"
    >
      <h2 id="speech-failures-title">Latest failures of speech</h2>
      {failures.length === 0 ? (
        <Text size="sm" c="dimmed">
          None in this range.
        </Text>
      ) : (
        <ul className={styles.failures}>
          {failures.slice(0, 6).map(({ vendor, at, outcome, error, clipId }) => (
            <li key={`${at} ${vendor} ${clipId}`}>
              <span className={styles.dimmed}>
                {formatDateTime(at)} · {vendorLabel(vendor)} · {outcome.replaceAll('_', ' ')}
              </span>
              <br />
              {error}
            </li>
          ))}
        </ul>
      )}
    </Paper>
  )
}
