import { expect, it, onTestFinished } from 'vitest'
import { deliverWebhooks } from '#lib/webhooks/deliver.ts'
import { speak, testServices } from '../../support/services.ts'
import { startWebhookReceiver, WEBHOOK_SECRET } from '../../support/webhook-receiver.ts'

it.each([301, 302, 303, 307, 308])('a webhook follows no redirect (%i)', async (status) => {
  const receiver = await startWebhookReceiver()
  onTestFinished(() => receiver.close())
  const { services, lines } = await testServices({
    environment: { WEBHOOK_URL: receiver.url, WEBHOOK_SECRET, PUBLIC_BASE_URL: 'https://voice.example' },
  })
  const { id } = await speak(services)
  receiver.answerNext(status)

  expect(await deliverWebhooks(services)).toBe(0)
  expect(receiver.received).toMatchObject([{ status }])
  expect(lines).toContainEqual(
    expect.objectContaining({
      msg: 'A webhook did not get through',
      clipId: id,
      error: `The receiver answered ${status}`,
    }),
  )
})
