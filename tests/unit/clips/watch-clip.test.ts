import { describe, expect, it, onTestFinished } from 'vitest'
import { uploadPending } from '#lib/clips/upload-pending.ts'
import { watchClip } from '#lib/clips/watch-clip.ts'
import type { Services } from '#lib/context.ts'
import { speak, testServices, waitingClips } from '../../support/services.ts'

const LOOK_MS = 1500
const never = new AbortController().signal
const all = { limit: 10, trigger: 'admin', signal: never, dueOnly: false } as const

/** Watches a clip; returns the states that were seen so far. */
function watching(services: Services, id: string) {
  const stop = new AbortController()
  const seen: string[] = []
  const over = (async () => {
    for await (const { clip, attempts } of watchClip(services, id, { signal: stop.signal })) {
      seen.push([clip.state, ...attempts.map(({ outcome }) => outcome)].join(' '))
    }
  })()
  onTestFinished(() => stop.abort())
  return { seen, stop, over }
}

describe('watching a clip', () => {
  it('shows each change of this process at once, and ends when it is stored', async () => {
    const { services, clock } = await testServices()
    const [id = ''] = await waitingClips(services, 1)
    const { seen, over } = watching(services, id)
    await clock.atRest()
    await clock.until(uploadPending(services, all))
    await over
    expect(seen.at(0)).toBe('pending')
    expect(seen.at(-1)).toBe('stored stored')
    expect(clock.passed()).toBe(0)
    expect(clock.sleeping()).toBe(0)
  })

  it('shows what another process has changed at the next look', async () => {
    const { services, clock, directory } = await testServices()
    const other = await testServices({ directory, clock })
    const [id = ''] = await waitingClips(services, 1)
    const { seen } = watching(services, id)
    await clock.advance(LOOK_MS)
    await clock.until(uploadPending(other.services, all))
    await clock.advance(LOOK_MS)
    expect(seen).toEqual(['pending', 'stored stored'])
  })

  it('reads nothing while nothing changes', async () => {
    const { services, clock } = await testServices()
    const [id = ''] = await waitingClips(services, 1)
    watching(services, id)
    await clock.advance(LOOK_MS)
    const { clips, changes } = services.catalog
    let reads = 0
    clips.find = async () => {
      reads += 1
      return null
    }
    changes.versions = async () => {
      reads += 1
      return new Map()
    }
    await clock.advance(20 * LOOK_MS)
    expect(reads).toBe(0)
  })

  it('leaves nothing behind when the watcher goes', async () => {
    const { services, clock } = await testServices()
    const [id = ''] = await waitingClips(services, 1)
    const { stop, over } = watching(services, id)
    await clock.advance(LOOK_MS)
    stop.abort()
    await over
    expect(clock.sleeping()).toBe(0)
  })

  it('reads a catalog that has failed again', async () => {
    const { services, clock } = await testServices()
    const { id } = await speak(services)
    const { clips } = services.catalog
    const { find } = clips
    clips.find = () => Promise.reject(new Error('The catalog is away'))
    const { seen } = watching(services, id)
    await clock.advance(LOOK_MS - 1)
    clips.find = find
    await clock.advance(1)
    expect(seen).toEqual(['stored stored'])
  })
})
