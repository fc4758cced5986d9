import type { Kysely } from 'kysely'
import type { MigrationProvider } from 'kysely/migration'
import * as clips from './001-clips.ts'
import * as budgets from './002-budgets.ts'
import * as samples from './003-samples.ts'
import * as pins from './004-pins.ts'
import * as requests from './005-requests.ts'
import * as webhooks from './006-webhooks.ts'
import * as originals from './007-originals.ts'
import * as spoken from './008-spoken.ts'
import * as manyClips from './009-many-clips.ts'
import * as ipni from './010-ipni.ts'
import * as delivery from './011-delivery.ts'
import * as endedSessions from './012-ended-sessions.ts'
import * as repeatedCalls from './013-repeated-calls.ts'
import * as speech from './014-speech.ts'
import * as captions from './016-captions.ts'
import * as scripts from './017-scripts.ts'
import * as speechAttempts from './018-speech-attempts.ts'
import * as ownedClips from './019-owned-clips.ts'
import * as installation from './020-installation.ts'
import * as foundClips from './021-found-clips.ts'
import * as rollUps from './022-roll-ups.ts'
import * as speechFaults from './023-speech-faults.ts'
import * as localClips from './024-local-clips.ts'
import * as fewerIndexes from './025-fewer-indexes.ts'
import type { Dialect } from './dialect.ts'

interface Migration {
  up(db: Kysely<unknown>, dialect: Dialect): Promise<void>
}

/** Imported one by one, since a bundle has no directory to look into. */
const migrations: Record<string, Migration> = {
  '001-clips': clips,
  '002-budgets': budgets,
  '003-samples': samples,
  '004-pins': pins,
  '005-requests': requests,
  '006-webhooks': webhooks,
  '007-originals': originals,
  '008-spoken': spoken,
  '009-many-clips': manyClips,
  '010-ipni': ipni,
  '011-delivery': delivery,
  '012-ended-sessions': endedSessions,
  '013-repeated-calls': repeatedCalls,
  '014-speech': speech,
  '016-captions': captions,
  '017-scripts': scripts,
  '018-speech-attempts': speechAttempts,
  '019-owned-clips': ownedClips,
  '020-installation': installation,
  '021-found-clips': foundClips,
  '022-roll-ups': rollUps,
  '023-speech-faults': speechFaults,
  '024-local-clips': localClips,
  '025-fewer-indexes': fewerIndexes,
}

export const migrationsFor = (dialect: Dialect): MigrationProvider => ({
  getMigrations: async () =>
    Object.fromEntries(
      Object.entries(migrations).map(([name, { up }]) => [
        name,
        { up: (db: Kysely<unknown>) => up(db, dialect) },
      ]),
    ),
})
