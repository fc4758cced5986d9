import type { Reader } from './reader.ts'
import { plainUrl, webhookSecretText } from './variables.ts'

/** The receiver of webhooks, and the secret that they are signed with; `undefined` where there is none. */
export function readWebhook({ read, problems, isSet }: Reader) {
  const receiverUrl = read('WEBHOOK_URL', plainUrl)
  const secret = read('WEBHOOK_SECRET', webhookSecretText)
  if (receiverUrl && !isSet('WEBHOOK_SECRET')) {
    problems.push('WEBHOOK_SECRET: got nothing, takes the secret that WEBHOOK_URL needs')
  }
  return receiverUrl && secret ? { url: receiverUrl, secret } : undefined
}
