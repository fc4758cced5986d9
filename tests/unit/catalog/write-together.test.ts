import { expect, it, onTestFinished, vi } from 'vitest'
import { writeTogether } from '#lib/catalog/write-together.ts'

function prepare(write = async (_rows: string[]) => {}) {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const written = vi.fn(write)
  return { written, ...writeTogether(written, { afterMs: 50 }) }
}

it('writes what comes within the time together, and what comes later by itself', async () => {
  const { add, written } = prepare()
  const first = [add('a'), add('b')]
  await vi.advanceTimersByTimeAsync(49)
  expect(written).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  await Promise.all(first)
  const later = add('c')
  await vi.advanceTimersByTimeAsync(50)
  await later
  expect(written.mock.calls).toEqual([[['a', 'b']], [['c']]])
})

it('writes at once when it is asked to, and waits for what is being written', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { add, flush, written } = prepare(() => promise)
  const added = add('a')
  let isFlushed = false
  const flushed = flush().then(() => {
    isFlushed = true
  })
  await vi.advanceTimersByTimeAsync(0)
  expect([written.mock.calls, isFlushed]).toEqual([[[['a']]], false])
  resolve()
  await Promise.all([added, flushed])
})

it('says of a failure to those who have added a row, and to nobody else', async () => {
  const { add, flush } = prepare(async () => {
    throw new Error('locked')
  })
  const added = expect(add('a')).rejects.toThrow('locked')
  await flush()
  await added
})
