import { deliverWebhooks } from '../deliver-webhooks.ts'
import type { Services } from '../services.ts'

/** How often is looked for messages whose time has come, and for those that other processes recorded. */
const POLL_MS = 1000

/** Delivers webhooks as they arise and as they are due again, never twice at once. Returns what ends it. */
export function startWebhooks(services: Services): () => void {
  const { changes, config, work } = services
  if (!config.webhook) return () => {}
  let isRunning = false
  let hasRung = false

  async function deliverAll() {
    isRunning = true
    try {
      do {
        hasRung = false
        await deliverWebhooks(services)
      } while (hasRung && !work.signal.aborted)
    } finally {
      isRunning = false
    }
  }

  function ring() {
    hasRung = true
    if (!isRunning && !work.signal.aborted) work.track(deliverAll()).catch(() => {})
  }

  const unsubscribe = changes.subscribeToEnds(ring)
  const poll = setInterval(ring, POLL_MS).unref()
  return () => {
    clearInterval(poll)
    unsubscribe()
  }
}
