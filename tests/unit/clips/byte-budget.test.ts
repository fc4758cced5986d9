import { expect, it } from 'vitest'
import { growReservation } from '#lib/clips/byte-budget.ts'
import { newClipId } from '#lib/model/clip.ts'
import { speak, testServices } from '../../support/services.ts'

it('the reservation of a clip whose record is gone does not grow, and no other clip is evicted for it', async () => {
  const { services } = await testServices()
  const { id } = await speak(services)
  await expect(growReservation(services, newClipId(), 0)(100_000)).rejects.toThrow(
    'The record of the clip is gone',
  )
  expect(await services.catalog.clips.find(id)).toMatchObject({ state: 'stored', hasLocalBytes: true })
})
