import { useEffect, useState } from 'react'

const PREFIX = 'voicepin-'

/**
 * A state that outlives a reload, in this browser. It begins with `initial`, as the service rendered it, and takes the
 * stored value behind that; `read` makes sense of what is stored, or throws. Where nothing can be stored it is like any
 * other state.
 */
export function useStored<T>(name: string, initial: T, read: (stored: unknown) => T) {
  const key = PREFIX + name
  const [value, setValue] = useState(initial)
  const [isRead, setIsRead] = useState(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is read once.
  useEffect(() => {
    try {
      const stored = localStorage.getItem(key)
      if (stored !== null) setValue(read(JSON.parse(stored)))
    } catch {
      // Of another version, or not allowed.
    }
    setIsRead(true)
  }, [key])
  useEffect(() => {
    if (!isRead) return
    try {
      localStorage.setItem(key, JSON.stringify(value))
    } catch {
      // Full, or not allowed.
    }
  }, [key, value, isRead])
  return [value, setValue, isRead] as const
}
