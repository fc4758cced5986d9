import { HOUR_MS } from '#lib/platform/units.ts'
import type { Reader } from './reader.ts'
import { contact, host, plainUrl, whole } from './variables.ts'

/** Where the process listens, and how it stops. */
export function readServer({ read }: Reader) {
  return {
    /** The address to listen on; all that there are if `undefined`. */
    host: read('HOST', host),
    /** 0: any free port. */
    port: read('PORT', whole(0, 65535), 3000),
    /** Where a worker answers health checks; nowhere if `undefined`. */
    workerPort: read('WORKER_PORT', whole(0, 65535)),
    /** What temporary URLs start with; the request's own origin if `undefined`. */
    publicBaseUrl: read('PUBLIC_BASE_URL', plainUrl),
    /** Whom to tell of a hole in this service; nobody is named if `undefined`. */
    securityContact: read('SECURITY_CONTACT', contact),
    /** How long running work may take to finish when the process is asked to stop. */
    shutdownGraceMs: read('SHUTDOWN_GRACE_MS', whole(0, HOUR_MS), 20_000),
  }
}
