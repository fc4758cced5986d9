import { Alert } from '@mantine/core'
import type { RetryOutcome } from './retry.ts'
import styles from './retry-alert.module.css'

/** Says what a retry has come to, as soon as there is something to say. */
export function RetryAlert({ outcome, onClose }: { outcome: RetryOutcome | undefined; onClose: () => void }) {
  return (
    <div role="status">
      {outcome && (
        <Alert
          withCloseButton
          closeButtonLabel="Dismiss"
          classNames={{ root: styles.outcome, message: styles.plain }}
          data-tone={outcome.tone}
          onClose={onClose}
        >
          {outcome.sentences.map((sentence, index) => (
            <p key={sentence} className={index === 0 ? styles.title : undefined}>
              {sentence}
            </p>
          ))}
        </Alert>
      )}
    </div>
  )
}
