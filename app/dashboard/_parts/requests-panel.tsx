import { Paper, Table, Text } from '@mantine/core'
import type { RequestStats } from '#lib/http/answers/figures.ts'
import { formatDateTime } from '../../_shared/format.ts'
import styles from './dashboard.module.css'

/** Which requests were refused or failed. */
export function RequestsPanel({ requests: { failures, since } }: { requests: RequestStats }) {
  return (
    <Paper
      component="section"
      withBorder
      radius="lg"
      className={styles.card}
      aria-labelledby="requests-title"
    >
      <div>
        <h2 id="requests-title">HTTP errors</h2>
        <Text size="xs" c="dimmed">
          At this process since {formatDateTime(since)}, the most frequent ones
        </Text>
      </div>
      {failures.length === 0 ? (
        <Text size="sm" c="dimmed">
          No request was refused, and none has failed.
        </Text>
      ) : (
        <Table.ScrollContainer
          minWidth={260}
          type="native"
          tabIndex={0}
          role="region"
          aria-label="Table of HTTP errors"
        >
          <Table verticalSpacing="xs" className={styles.table}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Status</Table.Th>
                <Table.Th>Request</Table.Th>
                <Table.Th ta="end">Count</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {failures.map(({ route, method, status, count }) => (
                <Table.Tr key={`${status} ${method} ${route}`}>
                  <Table.Th scope="row" className={status >= 500 ? styles.bad : undefined}>
                    {status}
                  </Table.Th>
                  <Table.Td className={styles.route}>
                    {method} {route === 'other' ? 'somewhere else' : route}
                  </Table.Td>
                  <Table.Td ta="end">{count.toLocaleString('en')}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Paper>
  )
}
