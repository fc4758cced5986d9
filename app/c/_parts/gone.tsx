import { Anchor } from '@mantine/core'
import type { ErrorCode } from '#lib/model/errors.ts'
import styles from './clip.module.css'
import embed from './embed.module.css'

const unavailable = {
  head: 'This clip cannot be shown at the moment',
  detail: 'The service cannot read its records. Nothing is lost by that; try again in a minute.',
}

const reasons: Partial<Record<ErrorCode, typeof unavailable>> = {
  not_found: {
    head: 'There is no such clip',
    detail:
      'Nothing here has this id or CID. The address may be cut off or misspelt; and by its CID a clip is found only once IPFS has it.',
  },
  expired: {
    head: 'This clip has expired',
    detail:
      'No IPFS provider took it before its temporary address ended, so its audio is gone. Whoever made it can have the text spoken again.',
  },
  deleted: {
    head: 'This clip was deleted',
    detail:
      'Whoever had it made, or the operator of this service, has deleted it. Copies that others made before are out of reach of this service.',
  },
}

const reasonOf = (problem: ErrorCode) => reasons[problem] ?? unavailable

/** What has become of a clip that is not to be had, in a few words. */
export const headOf = (problem: ErrorCode) => reasonOf(problem).head

interface GoneProps {
  problem: ErrorCode
  /** Whether it stands in a page of another site, where no further page of ours may be opened. */
  isEmbedded?: boolean
}

/** In place of a clip: why there is none. */
export function Gone({ problem, isEmbedded = false }: GoneProps) {
  const { head, detail } = reasonOf(problem)
  return (
    <main id="content" className={isEmbedded ? embed.embed : styles.gone}>
      <h1>{head}</h1>
      <p>{detail}</p>
      {!isEmbedded && (
        <p>
          <Anchor href="/">Speak a clip of your own</Anchor>
        </p>
      )}
    </main>
  )
}
