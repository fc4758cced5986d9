'use client'

import { Button } from '@mantine/core'
import { CopyButton } from '../../_shared/copy-button.tsx'
import { IconCheck, IconCode, IconShare } from '../../_shared/icons.tsx'
import { useCopy } from '../../_shared/use-copy.ts'
import styles from './clip.module.css'

interface SharePanelProps {
  url: string
  title: string
  /** The HTML that shows the player in another page. */
  embedHtml: string
}

/** Gives the address of the page to somebody: by the device's own means where it has some, else by the clipboard. */
export function SharePanel({ url, title, embedHtml }: SharePanelProps) {
  const { outcome, copy } = useCopy()

  async function share() {
    try {
      if (navigator.share) return await navigator.share({ url, title })
    } catch (error) {
      // Whoever shares with nobody does not want a copy either.
      if ((error as Error).name === 'AbortError') return
    }
    await copy(url)
  }

  return (
    <div className={styles.share}>
      <Button
        variant="default"
        onClick={share}
        leftSection={outcome === 'copied' ? <IconCheck size={16} /> : <IconShare size={16} />}
      >
        {outcome === 'copied' ? 'Link copied' : 'Share'}
      </Button>
      <details>
        <summary>
          <IconCode size={16} /> Embed
        </summary>
        <div className={styles.code}>
          <code>{embedHtml}</code>
          <CopyButton value={embedHtml} label="Copy the HTML" />
        </div>
      </details>
      <p role="status" className={styles.refused}>
        {outcome === 'refused' && `The browser lets this page copy nothing; this is the address: ${url}`}
      </p>
    </div>
  )
}
