import { useEffect, useState } from 'react'
import type { Range, Stats } from '#lib/dashboard/read-stats.ts'

export type Connection = 'connecting' | 'live' | 'lost' | 'ended'

/** The figures of a range, kept up to date by the service; the last ones stay while the connection is lost. */
export function useFigures(range: Range) {
  const [figures, setFigures] = useState<Stats>()
  const [connection, setConnection] = useState<Connection>('connecting')
  useEffect(() => {
    const source = new EventSource(`/api/admin/figures?range=${range}`)
    source.addEventListener('figures', ({ data }) => {
      setFigures(JSON.parse(data))
      setConnection('live')
    })
    // A browser gives up for good where it was refused, and tries again by itself where it was cut off.
    source.addEventListener('error', () =>
      setConnection(source.readyState === EventSource.CLOSED ? 'ended' : 'lost'),
    )
    return () => source.close()
  }, [range])
  return { figures, connection }
}
