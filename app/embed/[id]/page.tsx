import { Anchor } from '@mantine/core'
import type { Metadata } from 'next'
import { Logo } from '../../_shared/logo.tsx'
import styles from '../../c/_parts/embed.module.css'
import { Gone } from '../../c/_parts/gone.tsx'
import { Player } from '../../c/_parts/islands.tsx'
import { LiveReload } from '../../c/_parts/live-reload.tsx'
import { clipMetadata } from '../../c/_parts/metadata.ts'
import { readPage } from '../../c/_parts/read-page.ts'

interface Props {
  params: Promise<{ id: string }>
}

/** Search engines find the page of the clip. */
export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { ...(await clipMetadata((await params).id)), robots: { index: false } }
}

/** The player of a clip, for a frame in a page of anybody. */
export default async function EmbedPage({ params }: Props) {
  const { page, problem } = await readPage((await params).id)
  if (!page) return <Gone problem={problem} isEmbedded />
  const { title, clip } = page
  return (
    <main id="content" className={styles.embed}>
      {clip.state !== 'stored' && <LiveReload id={clip.id} state={clip.state} />}
      <header className={styles.embedHead}>
        <h1>
          <Anchor href={clip.pageUrl} target="_blank" rel="noopener" underline="hover" c="inherit">
            {title}
          </Anchor>
        </h1>
        <Logo />
      </header>
      {clip.durationMs === undefined ? (
        <p>It is being spoken, and plays here in a moment.</p>
      ) : (
        <Player id={clip.id} durationMs={clip.durationMs} hasCaptions={false} />
      )}
    </main>
  )
}
