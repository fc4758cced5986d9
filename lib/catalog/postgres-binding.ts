import type pg from 'pg'

const BOUND = 'SCRAM-SHA-256-PLUS'

/** Those methods of the driver's client that answer the server's question for a proof. */
interface Answering {
  _handleAuthSASL(message: { mechanisms: string[] }): void
  connection: { emit(event: 'error', error: Error): void }
}

/**
 * A client that proves its password by SCRAM bound to the TLS channel, or not at all, as `channel_binding=require` has
 * it: the driver knows no such option, and would send the password itself to whoever asks for it.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-CHANNEL-BINDING
 */
export function boundClient(Client: typeof pg.Client): typeof pg.Client {
  const Base = Client as unknown as new (options?: string | pg.ClientConfig) => pg.Client & Answering
  class BoundClient extends Base {
    #isBound = false

    #refuse(proof: string) {
      const message = `channel_binding=require: the server asks for ${proof} without a bound channel`
      this.connection.emit('error', new Error(message))
    }

    override _handleAuthSASL(message: { mechanisms: string[] }) {
      if (!message.mechanisms.includes(BOUND)) return this.#refuse('a proof')
      this.#isBound = true
      super._handleAuthSASL(message)
    }
    _handleAuthCleartextPassword() {
      this.#refuse('the password')
    }
    _handleAuthMD5Password() {
      this.#refuse('an MD5 hash')
    }
    _handleReadyForQuery(message: unknown) {
      if (!this.#isBound) return this.#refuse('nothing')
      ;(
        Base.prototype as unknown as { _handleReadyForQuery(message: unknown): void }
      )._handleReadyForQuery.call(this, message)
    }
  }
  return BoundClient as unknown as typeof pg.Client
}
