import { Alert, Paper } from '@mantine/core'
import type { ReactNode } from 'react'
import { embedHtml, embedSize } from '#lib/http/answers/oembed.ts'
import { audioTypeLabel, formatBytes, formatDuration, vendorLabel } from '../../_shared/format.ts'
import { IconAlert, IconClock } from '../../_shared/icons.tsx'
import styles from './clip.module.css'
import { AddressList, Player, VerifyPanel } from './islands.tsx'
import { Keepers } from './keepers.tsx'
import { LiveReload } from './live-reload.tsx'
import { LocalTime } from './local-time.tsx'
import type { PageOfClip } from './read-page.ts'
import { SharePanel } from './share-panel.tsx'

/** A clip that is to be had: its audio, what is known of it, and where it is. */
export function ClipArticle({ page }: { page: PageOfClip }) {
  const { title, clip, keepers, baseUrl } = page
  const html = embedHtml({ baseUrl, id: clip.id, title, ...embedSize })
  return (
    <main id="content" className={styles.main}>
      {clip.state !== 'stored' && <LiveReload id={clip.id} state={clip.state} />}
      <h1>{title}</h1>
      <div className={styles.columns}>
        <Card label="Listen">
          <Notice page={page} />
          {clip.durationMs !== undefined && (
            <>
              <Player id={clip.id} durationMs={clip.durationMs} hasCaptions={clip.captions !== undefined} />
              <noscript>
                {/* biome-ignore lint/a11y/useMediaCaption: browsers show no captions of audio. */}
                <audio controls preload="metadata" src={`/api/temp-audio/${clip.id}`} />
              </noscript>
            </>
          )}
          <p className={styles.note}>
            {clip.captions
              ? 'The words are its captions, which were published with it.'
              : 'The text that was spoken is not kept, so that it cannot be shown.'}
          </p>
          <SharePanel url={clip.pageUrl} title={title} embedHtml={html} />
        </Card>
        <div className={styles.aside}>
          <Card label="About this clip">
            <Facts page={page} />
          </Card>
          {clip.cid && (
            <Card label="Where it is kept">
              {keepers.length > 0 ? (
                <Keepers keepers={keepers} />
              ) : (
                <p className={styles.note}>By this service, for now: no IPFS provider has it yet.</p>
              )}
              <AddressList clip={clip} />
              <VerifyPanel clip={clip} />
            </Card>
          )}
        </div>
      </div>
    </main>
  )
}

function Card({ label, children }: { label: string; children: ReactNode }) {
  const id = label.toLowerCase().replaceAll(' ', '-')
  return (
    <Paper component="section" withBorder radius="lg" className={styles.card} aria-labelledby={id}>
      <h2 id={id}>{label}</h2>
      {children}
    </Paper>
  )
}

/** What whoever listens should know of the state of the clip. */
function Notice({ page: { clip, endsAt } }: { page: PageOfClip }) {
  if (clip.state === 'speaking') {
    return (
      <p className={styles.speaking} role="status">
        It is being spoken. This page plays it as soon as it is there.
      </p>
    )
  }
  if (clip.state !== 'stored') {
    return (
      <Alert
        icon={<IconClock size={20} />}
        title="Not on IPFS yet"
        classNames={{ root: styles.waiting, title: styles.waitingHead, icon: styles.waitingHead }}
      >
        This service keeps it for now
        {endsAt && (
          <>
            , until <LocalTime time={endsAt} />
          </>
        )}
        , and goes on trying to store it on IPFS. This page says so as soon as that is done.
      </Alert>
    )
  }
  if (clip.permanentUrl) return null
  return (
    <Alert
      icon={<IconAlert size={20} />}
      title="Nobody delivers it any more"
      classNames={{ root: styles.lost, title: styles.lostHead, icon: styles.lostHead }}
    >
      All providers that had stored it have lost it. Whoever has a copy can prove by the CID that it is this
      clip.
    </Alert>
  )
}

function Facts({ page: { clip, voiceName } }: { page: PageOfClip }) {
  const { spokenBy, durationMs, bytes, mimeType } = clip
  return (
    <dl className={styles.facts}>
      {spokenBy && (
        <>
          <dt>Spoken by</dt>
          <dd>{vendorLabel(spokenBy.vendor)}</dd>
          <dt>Voice</dt>
          <dd>
            {voiceName ?? <code>{spokenBy.voiceId}</code>}
            {voiceName && (
              <>
                {' '}
                <code>{spokenBy.voiceId}</code>
              </>
            )}
          </dd>
          <dt>Model</dt>
          <dd>
            <code>{spokenBy.modelId}</code>
          </dd>
        </>
      )}
      {durationMs !== undefined && (
        <>
          <dt>Length</dt>
          <dd>{formatDuration(durationMs)}</dd>
        </>
      )}
      {bytes !== undefined && mimeType && (
        <>
          <dt>Size</dt>
          <dd>
            {formatBytes(bytes)} of {audioTypeLabel(mimeType)}
          </dd>
        </>
      )}
      <dt>Made</dt>
      <dd>
        <LocalTime time={clip.createdAt} />
      </dd>
      {clip.contentCredentials && (
        <>
          <dt>Origin</dt>
          <dd>The file itself says, signed, that a machine speaks (C2PA)</dd>
        </>
      )}
    </dl>
  )
}
