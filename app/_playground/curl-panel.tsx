import { Paper } from '@mantine/core'
import { CopyButton } from '../_shared/copy-button.tsx'
import { curlOf } from './curl.ts'
import styles from './playground.module.css'

/** The request that the page makes, as a shell command. */
export function CurlPanel(props: Parameters<typeof curlOf>[0]) {
  const command = curlOf(props)
  return (
    <Paper
      component="section"
      withBorder
      radius="lg"
      className={`${styles.card} ${styles.command}`}
      aria-labelledby="curl-title"
    >
      <div className={styles.cardHead}>
        <h2 id="curl-title" className={styles.label}>
          The same from a shell
        </h2>
        <CopyButton value={command} label="Copy the command" />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex lint/a11y/useSemanticElements: what scrolls must be reachable by keyboard, and be named. */}
      <pre className={styles.curl} tabIndex={0} role="region" aria-label="Command">
        {command}
      </pre>
    </Paper>
  )
}
