import { rm } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { type Answer, deadAddresses, runBackup } from '../support/backup.ts'
import { quick } from '../support/operator.ts'
import { seededRandom } from '../support/random.ts'
import { newDirectory, repositoryBeside, startService } from '../support/service.ts'
import { environmentFor, statusFault } from '../support/stub-vendors.ts'
import { useVendors } from '../support/world.ts'

const world = useVendors()
const CALLERS = 4
const KILLED_BACKUPS = 12

it('a backup that was taken under load, whatever was killed on the way, brings every address back', {
  timeout: 300_000,
}, async () => {
  const { vendors } = world
  const random = seededRandom(17)
  const environment = { ...quick, ...environmentFor(vendors, ['elevenlabs', 'pinata']) }
  const service = await startService({ environment: { ...environment, IPFS_PROVIDERS: 'embedded' } })
  const { directory } = service
  const to = path.join(await newDirectory(), 'backup')
  const answers: Answer[] = []
  let spoken = 0
  async function speak() {
    spoken += 1
    const { status, body } = await service.vocalize({ text: `Sentence ${spoken}`, voiceId: 'a-voice' })
    if (status === 200) answers.push(body.data)
  }
  /** Runs `work` while callers speak. */
  async function underLoad<T>(work: () => Promise<T>): Promise<T> {
    let isOver = false
    const callers = Array.from({ length: CALLERS }, async () => {
      while (!isOver) await speak()
    })
    try {
      return await work()
    } finally {
      isOver = true
      await Promise.all(callers)
    }
  }

  // Clips that only this machine holds, then clips that nobody holds yet.
  const first = await underLoad(() => runBackup(['backup', '--to', to], { directory }))
  expect(first).toMatchObject({ end: 0 })
  await service.stop()
  await vendors.always('pinata', statusFault(503))
  await service.restart({ IPFS_PROVIDERS: 'pinata' })

  let safe: Answer[] = []
  const ends: (number | string)[] = []
  await underLoad(async () => {
    for (let count = 0; count < KILLED_BACKUPS; count += 1) {
      const before = [...answers]
      const { end } = await runBackup(['backup', '--to', to], {
        directory,
        killAfterMs: 300 + random() * 2500,
      })
      if (end === 0) safe = before
      ends.push(end)
    }
    const before = [...answers]
    expect(await runBackup(['backup', '--to', to], { directory })).toMatchObject({ end: 0 })
    safe = before
    // Begun, and never finished: what it leaves must be as good as what was there.
    ends.push((await runBackup(['backup', '--to', to], { directory, killAfterMs: 350 })).end)
  })
  await service.kill()
  await rm(directory, { recursive: true })
  await rm(repositoryBeside(directory), { recursive: true })
  const killed = await runBackup(['restore', '--from', to], { directory, killAfterMs: 400 })
  if (killed.end !== 0)
    expect(await runBackup(['restore', '--from', to], { directory })).toMatchObject({ end: 0 })
  await service.restart()

  expect(ends).toContain('SIGKILL')
  expect(new Set(safe.map(({ audioUrl }) => new URL(audioUrl).pathname.split('/')[1]))).toEqual(
    new Set(['ipfs', 'api']),
  )
  console.log(
    `${safe.length} of ${answers.length} answers came before the backup; backups ended with ${ends}`,
  )
  expect(await deadAddresses(service, safe)).toEqual([])
})
