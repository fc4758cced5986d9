'use client'

import { useEffect, useState } from 'react'

const parts = { dateStyle: 'medium', timeStyle: 'short' } as const

/** A time in the reader's time zone; until the browser has told it, in UTC. */
export function LocalTime({ time }: { time: string }) {
  const date = new Date(time)
  const [local, setLocal] = useState<string>()
  useEffect(() => setLocal(new Date(time).toLocaleString(undefined, parts)), [time])
  return (
    <time dateTime={time}>
      {local ?? `${date.toLocaleString('en-GB', { ...parts, timeZone: 'UTC' })} UTC`}
    </time>
  )
}
