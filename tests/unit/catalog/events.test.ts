import { describe, expect, it } from 'vitest'
import { type CatalogEvent, createCatalogEvents } from '#lib/catalog/events.ts'

const reserved = (clipId: string): CatalogEvent => ({ type: 'reserved', clipId })
const due: CatalogEvent = { type: 'webhook_due', dueAt: 1 }

function subject() {
  const errors: unknown[] = []
  const events = createCatalogEvents({ onError: (error) => errors.push(error) })
  const received: CatalogEvent[] = []
  return { events, errors, received, listener: (event: CatalogEvent) => void received.push(event) }
}

describe('catalog events', () => {
  it('reach who subscribed to all of them, in their order', () => {
    const { events, received, listener } = subject()
    events.subscribe(listener)
    for (const event of [reserved('one'), due, reserved('two')]) events.emit(event)
    expect(received).toEqual([reserved('one'), due, reserved('two')])
  })

  it('of one clip reach who subscribed to that clip, and those of others do not', () => {
    const { events, received, listener } = subject()
    events.subscribeToClip('one', listener)
    for (const event of [reserved('two'), due, reserved('one')]) events.emit(event)
    expect(received).toEqual([reserved('one')])
  })

  it('reach nobody whose subscription has ended, and everybody else', () => {
    const { events, received, listener } = subject()
    const ends = [events.subscribe(listener), events.subscribeToClip('one', listener)]
    events.subscribe(listener)
    for (const end of ends) end()
    events.emit(reserved('one'))
    expect(received).toEqual([reserved('one')])
  })

  it('are emitted without an error though a listener throws, and reach the listeners after it', () => {
    const { events, errors, received, listener } = subject()
    const fail = () => {
      throw new Error('This listener fails')
    }
    events.subscribe(fail)
    events.subscribe(listener)
    events.subscribeToClip('error', fail)
    events.subscribeToClip('error', listener)
    events.emit(reserved('error'))
    expect(received).toEqual([reserved('error'), reserved('error')])
    expect(errors.map(String)).toEqual(Array(2).fill('Error: This listener fails'))
  })
})
