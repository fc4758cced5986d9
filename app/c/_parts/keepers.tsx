import { providerLabel } from '../../_shared/format.ts'
import styles from './clip.module.css'
import { LocalTime } from './local-time.tsx'
import type { PageOfClip } from './read-page.ts'

type Keeper = PageOfClip['keepers'][number]

/** Each provider that has the clip, and when it last proved that. */
export function Keepers({ keepers }: Pick<PageOfClip, 'keepers'>) {
  return (
    <ul className={styles.keepers}>
      {keepers.map((keeper) => (
        <li key={keeper.provider} data-standing={standingOf(keeper)}>
          <b>{nameOf(keeper)}</b>
          <span>
            <Standing {...keeper} />
          </span>
        </li>
      ))}
    </ul>
  )
}

const nameOf = ({ provider }: Keeper) => (provider === 'embedded' ? 'This service' : providerLabel(provider))

function standingOf({ verifiedAt, unconfirmedSince, lostAt }: Keeper) {
  if (lostAt) return 'lost'
  return verifiedAt && !unconfirmedSince ? 'verified' : 'unconfirmed'
}

function Standing({ keptSince = '', verifiedAt, unconfirmedSince, lostAt }: Keeper) {
  if (lostAt) {
    return (
      <>
        Does not deliver it any more, since <LocalTime time={lostAt} />
      </>
    )
  }
  const verified = verifiedAt && (
    <>
      Verified <LocalTime time={verifiedAt} />
    </>
  )
  if (unconfirmedSince) {
    return (
      <>
        {verified || 'Not verified yet'}; has not answered rightly since <LocalTime time={unconfirmedSince} />
      </>
    )
  }
  if (verified) return verified
  return (
    <>
      Has it since <LocalTime time={keptSince} />, not verified yet
    </>
  )
}
