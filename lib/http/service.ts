import type { Services } from '#lib/context.ts'
import type { MessageSocket } from '#lib/http/drop-in/elevenlabs/stream-input/message-socket.ts'
import type { VocalizedClip } from '#lib/model/clip.ts'
import { processSingleton } from '#lib/platform/process-singleton.ts'

/** The running service of a process, as the front and the route handlers use it. */
export interface Service {
  services: Services
  /**
   * Admits a WebSocket to `/v1/text-to-speech/<voice>/stream-input`. Returns what converses by it, and never rejects.
   *
   * @throws ServiceError `shutting_down`, `unauthorized`, `rate_limited`, `invalid_request`
   */
  openStreamInput(request: Request): Promise<(socket: MessageSocket) => Promise<void>>
  /** The work that is due once audio was sent. Never rejects. */
  afterTempAudio(): Promise<void>
  /** The work that is due once `vocalize` was answered. Never rejects. */
  afterVocalize(clip: VocalizedClip): Promise<void>
  /** The work that is due once a script was sent. Never rejects. */
  afterScript(): Promise<void>
  /** The work that is due once the uploads after an answer have ended as well. Never rejects. */
  afterWork(): Promise<void>
  /** @throws ServiceError `shutting_down` */
  refuseWhileStopping(): void
  /** @throws ServiceError `shutting_down` or `not_ready`, which says what is missing */
  checkReady(): Promise<void>
  /** From now on readiness is 503 and new work is refused. */
  beginShutdown(): void
  /** Resolves when the running work is done, or has had `SHUTDOWN_GRACE_MS`. */
  drain(): Promise<void>
  /** Releases files, timers and the catalog. */
  close(): Promise<void>
}

/** The result of the start of this process: none yet, a service, or an error. */
interface Registration {
  service?: Service
  error?: unknown
}

const registration = () => processSingleton<Registration>('service', () => ({}))

/** Makes `service` the one that answers all requests of this process. */
export function registerService(service: Service): void {
  registration().service = service
}

/** Records why the service of this process could not start. */
export function registerStartError(error: unknown): void {
  registration().error = error
}

/** Whether the service of this process has started, or has failed to. */
export function isRegistered(): boolean {
  const { service, error } = registration()
  return service !== undefined || error !== undefined
}

/** The service of this process. @throws what kept it from starting, such as a ConfigError */
export function getService(): Service {
  const { service, error } = registration()
  if (service) return service
  throw error ?? new Error('The service was not started: bin/server.ts or instrumentation.ts does it')
}
