'use client'

import { useRouter } from 'next/navigation'
import { useEffect } from 'react'
import type { ClipView } from '../../_shared/clip-view.ts'
import { watchClip } from '../../_shared/watch-clip.ts'

/** Has the page made anew when the clip is no longer in `state`. */
export function LiveRefresh({ id, state }: Pick<ClipView, 'id' | 'state'>) {
  const router = useRouter()
  useEffect(
    () =>
      watchClip(
        id,
        (clip) => {
          if (clip.state !== state) router.refresh()
        },
        () => router.refresh(),
      ),
    [id, state, router],
  )
  return null
}
