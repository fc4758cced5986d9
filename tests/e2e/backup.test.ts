import { rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { type Answer, deadAddresses, runBackup } from '../support/backup.ts'
import { cleanUpServices, newDirectory, repositoryBeside, startService } from '../support/service.ts'

afterAll(cleanUpServices)

it('a backup that was taken while the service ran brings every address back after a kill', async () => {
  const service = await startService({ environment: { IPFS_PROVIDERS: 'embedded' } })
  const { directory } = service
  const to = path.join(await newDirectory(), 'backup')
  const answers: Answer[] = []
  const speak = async (name: string) => {
    const { body } = await service.vocalize({ text: `Hello ${name}`, voiceId: 'slt' })
    answers.push(body.data)
  }
  await speak('one')
  await speak('two')
  const before = [...answers]
  const meanwhile = speak('three')
  expect(await runBackup(['backup', '--to', to], { directory })).toMatchObject({ end: 0 })
  await meanwhile
  await service.kill()
  const overCatalog = await runBackup(['restore', '--from', to], { directory })
  expect(overCatalog).toMatchObject({ end: 2, output: expect.stringContaining('move that folder away') })
  await rm(directory, { recursive: true })
  await rm(repositoryBeside(directory), { recursive: true })
  expect(await runBackup(['restore', '--from', to], { directory })).toMatchObject({ end: 0 })
  await service.restart()
  expect(await deadAddresses(service, before)).toEqual([])
})
