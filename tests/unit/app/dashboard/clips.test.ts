import { describe, expect, it, vi } from 'vitest'
import { clipsUrlOf, createClipReader, stateOf } from '../../../../app/dashboard/_parts/clips.ts'

const paramsOf = (query: string) => new URLSearchParams(query)

describe('the clips that an address of the dashboard asks for', () => {
  it.each([
    ['', 'limit=12&state=pending'],
    ['range=7d&clip=x', 'limit=12&state=pending'],
    ['state=nonsense', 'limit=12&state=pending'],
    ['state=stored&provider=kubo&cursor=1-a', 'limit=12&state=stored&provider=kubo&cursor=1-a'],
    ['state=expired&provider=kubo&from=x', 'limit=12&state=expired&from=x'],
    ['state=stored&q=bafk', 'q=bafk&limit=50'],
  ])('are by ?%s those of ?%s', (query, asked) => {
    expect(clipsUrlOf(paramsOf(query))).toBe(`/api/admin/clips?${asked}`)
  })

  it('are pending ones where it says nothing', () => {
    expect(stateOf(paramsOf(''))).toBe('pending')
    expect(stateOf(paramsOf('state=all'))).toBe('all')
  })
})

describe('the reader of clips', () => {
  it('ends the reading of other clips than those that are wanted now', async () => {
    const signals = new Map<string, AbortSignal>()
    vi.stubGlobal('fetch', async (url: string, { signal }: { signal: AbortSignal }) => {
      signals.set(url, signal)
      return Response.json({ data: { clips: [] } })
    })
    const read = createClipReader()
    const both = [read('/a'), read('/b')]
    expect(signals.get('/a')?.aborted).toBe(true)
    expect(signals.get('/b')?.aborted).toBe(false)
    expect(await both[1]).toEqual({ clips: [] })
  })
})
