/** A WebSocket as a conversation sees it: texts in both directions. */
export interface MessageSocket {
  /** What the other side sends; ends when it has gone. */
  readonly messages: AsyncIterable<string>
  /** Resolves once the text is on its way, or nobody receives it any more. Never rejects. */
  send(text: string): Promise<void>
  /** @see https://www.rfc-editor.org/rfc/rfc6455#section-7.4 */
  close(code: number, reason: string): void
  readonly isOpen: boolean
}

/** Why a conversation is closed. */
export const closeCodes = { done: 1000, refused: 1008, failed: 1011, restart: 1012 } as const
