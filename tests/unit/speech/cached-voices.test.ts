import { expect, it, vi } from 'vitest'
import type { Services } from '#lib/context.ts'
import { listVoices } from '#lib/speech/cached-voices.ts'

const george = [{ id: 'george', name: 'George' }]

function servicesWith(voices: () => Promise<typeof george>) {
  const clock = { now: () => now }
  let now = 0
  const services = {
    clock,
    speech: { voices: vi.fn(voices) },
    log: { warn: vi.fn() },
    tasks: { signal: new AbortController().signal },
  }
  const pass = (ms: number) => {
    now += ms
  }
  return { services: services as unknown as Services, asked: services.speech.voices, pass }
}

it('asks the vendor once for many callers, and again after five minutes', async () => {
  const { services, asked, pass } = servicesWith(async () => george)
  expect(await Promise.all([listVoices(services), listVoices(services)])).toEqual([george, george])
  pass(299_000)
  await listVoices(services)
  expect(asked).toHaveBeenCalledTimes(1)
  pass(1000)
  await listVoices(services)
  expect(asked).toHaveBeenCalledTimes(2)
})

it('tells every caller of a failure, and leaves the vendor alone for five seconds', async () => {
  const { services, asked, pass } = servicesWith(() => Promise.reject(new Error('down')))
  for (let count = 0; count < 3; count++) await expect(listVoices(services)).rejects.toThrow('down')
  expect(asked).toHaveBeenCalledTimes(1)
  pass(5000)
  await expect(listVoices(services)).rejects.toThrow('down')
  pass(4000)
  await expect(listVoices(services)).rejects.toThrow('down')
  expect(asked).toHaveBeenCalledTimes(2)
})

it('gives the last list while the vendor cannot answer', async () => {
  let isDown = false
  const { services, pass } = servicesWith(() =>
    isDown ? Promise.reject(new Error('down')) : Promise.resolve(george),
  )
  await listVoices(services)
  isDown = true
  pass(300_000)
  expect(await listVoices(services)).toEqual(george)
})
