import { Anchor } from '@mantine/core'
import type { ClipView } from '../_shared/clip-view.ts'
import { CopyButton } from '../_shared/copy-button.tsx'
import styles from './clip.module.css'

/** The URL of the clip and its CID. */
export function AddressList({ clip }: { clip: ClipView }) {
  const hasOtherHash = clip.ipfsHash !== undefined && clip.ipfsHash !== clip.cid
  return (
    <dl className={styles.addresses}>
      <dt>Address</dt>
      <dd>
        <Anchor href={clip.audioUrl} target="_blank" rel="noreferrer" className={styles.mono}>
          {clip.audioUrl}
        </Anchor>
        <CopyButton value={clip.audioUrl} label="Copy the address" />
      </dd>
      <dt>CID</dt>
      <dd>
        <span className={styles.mono}>{clip.cid}</span>
        <CopyButton value={clip.cid ?? ''} label="Copy the CID" />
      </dd>
      {hasOtherHash && (
        <>
          <dt>IPFS hash</dt>
          <dd>
            <span className={styles.mono}>{clip.ipfsHash}</span>
            <CopyButton value={clip.ipfsHash ?? ''} label="Copy the IPFS hash" />
          </dd>
        </>
      )}
    </dl>
  )
}
