import { describe, expect, it } from 'vitest'
import { type CatalogEvent, createCatalogEvents } from '#lib/catalog/events.ts'

const staged = (clipId: string): CatalogEvent => ({ type: 'reserved', clipId })
const due: CatalogEvent = { type: 'webhook_due', dueAt: 1 }

function subject() {
  const errors: unknown[] = []
  const events = createCatalogEvents({ onError: (error) => errors.push(error) })
  const heard: CatalogEvent[] = []
  return { events, errors, heard, listener: (event: CatalogEvent) => void heard.push(event) }
}

describe('catalog events', () => {
  it('reach who subscribed to all of them, in their order', () => {
    const { events, heard, listener } = subject()
    events.subscribe(listener)
    for (const event of [staged('one'), due, staged('two')]) events.emit(event)
    expect(heard).toEqual([staged('one'), due, staged('two')])
  })

  it('of one clip reach who subscribed to that clip, and those of others do not', () => {
    const { events, heard, listener } = subject()
    events.subscribeToClip('one', listener)
    for (const event of [staged('two'), due, staged('one')]) events.emit(event)
    expect(heard).toEqual([staged('one')])
  })

  it('reach nobody whose subscription has ended, and everybody else', () => {
    const { events, heard, listener } = subject()
    const ends = [events.subscribe(listener), events.subscribeToClip('one', listener)]
    events.subscribe(listener)
    for (const end of ends) end()
    events.emit(staged('one'))
    expect(heard).toEqual([staged('one')])
  })

  it('are emitted without an error though a listener throws, and reach the listeners after it', () => {
    const { events, errors, heard, listener } = subject()
    const fail = () => {
      throw new Error('This listener fails')
    }
    events.subscribe(fail)
    events.subscribe(listener)
    events.subscribeToClip('error', fail)
    events.subscribeToClip('error', listener)
    events.emit(staged('error'))
    expect(heard).toEqual([staged('error'), staged('error')])
    expect(errors.map(String)).toEqual(Array(2).fill('Error: This listener fails'))
  })
})
