import { Alert, Button, Text } from '@mantine/core'
import { useState } from 'react'
import type { ClipView } from '../_shared/clip-view.ts'
import { formatBytes, formatDuration } from '../_shared/format.ts'
import { IconAlert, IconShield, IconUnplugged } from '../_shared/icons.tsx'
import styles from './clip.module.css'
import type { Verdict } from './verify.ts'

/** Checks in the browser that the audio at the address has the CID of the clip. */
export function VerifyPanel({ clip }: { clip: ClipView }) {
  const [verdict, setVerdict] = useState<Verdict>()
  const [isChecking, setIsChecking] = useState(false)

  async function check() {
    setIsChecking(true)
    setVerdict(undefined)
    try {
      const { verify } = await import('./verify.ts')
      setVerdict(await verify(clip))
    } catch {
      setVerdict({ kind: 'unreachable', reason: 'The code of the check could not be loaded. Try again.' })
    } finally {
      setIsChecking(false)
    }
  }

  return (
    <div className={styles.verify}>
      <div className={styles.verifyHead}>
        <Button variant="default" loading={isChecking} onClick={check} leftSection={<IconShield size={17} />}>
          Verify
        </Button>
        <Text size="xs" c="dimmed">
          Fetches the audio from its address and computes the CID in this browser.
        </Text>
      </div>
      <div role="status" aria-live="polite">
        {verdict && <VerdictAlert verdict={verdict} promised={clip.cid ?? ''} />}
      </div>
    </div>
  )
}

const heads = {
  exact: { title: 'The CID matches', icon: <IconShield /> },
  different: { title: 'The CID does not match', icon: <IconAlert /> },
  unreachable: { title: 'Could not be fetched', icon: <IconUnplugged /> },
}

function VerdictAlert({ verdict, promised }: { verdict: Verdict; promised: string }) {
  return (
    <Alert
      {...heads[verdict.kind]}
      role="group"
      data-kind={verdict.kind}
      classNames={{
        root: styles.verdict,
        title: styles.verdictHead,
        icon: styles.verdictHead,
        message: styles.verdictText,
      }}
    >
      {verdict.kind === 'exact' &&
        `${formatBytes(verdict.bytes)} fetched, the same CID computed, in ${formatDuration(verdict.elapsedMs)}.`}
      {verdict.kind === 'different' && (
        <>
          The {formatBytes(verdict.bytes)} at this address have another CID:
          <div className={styles.mono}>got {verdict.cid}</div>
          <div className={styles.mono}>not {promised}</div>
        </>
      )}
      {verdict.kind === 'unreachable' && `${verdict.reason} The content could not be checked.`}
    </Alert>
  )
}
