import { useEffect, useState } from 'react'
import type { Range } from '#lib/dashboard/read-stats.ts'
import type { Figures } from '#lib/http/answers/figures.ts'

export type Connection = 'connecting' | 'live' | 'lost' | 'ended'

/** The stats of a range, kept up to date by events; the last ones stay while the connection is lost. */
export function useStats(range: Range) {
  const [stats, setStats] = useState<Figures>()
  const [connection, setConnection] = useState<Connection>('connecting')
  useEffect(() => {
    const source = new EventSource(`/api/admin/figures?range=${range}`)
    source.addEventListener('figures', ({ data }) => {
      setStats(JSON.parse(data))
      setConnection('live')
    })
    // An EventSource that was refused is closed for good; one that lost its connection reconnects by itself.
    source.addEventListener('error', () =>
      setConnection(source.readyState === EventSource.CLOSED ? 'ended' : 'lost'),
    )
    return () => source.close()
  }, [range])
  return { stats, connection }
}
