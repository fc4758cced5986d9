import type { Reader } from './reader.ts'
import { url, webhookSecretText } from './variables.ts'

/** Who is told when a clip is stored or expired, and what the messages are signed with; `undefined`: nobody is told. */
export function readWebhook({ read, problems, isSet }: Reader) {
  const receiverUrl = read('WEBHOOK_URL', url)
  const secret = read('WEBHOOK_SECRET', webhookSecretText)
  if (receiverUrl && !isSet('WEBHOOK_SECRET')) {
    problems.push('WEBHOOK_SECRET: got nothing, takes the secret that WEBHOOK_URL needs')
  }
  return receiverUrl && secret ? { url: receiverUrl, secret } : undefined
}
