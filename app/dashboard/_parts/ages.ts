import { formatDateTime } from '../../_shared/format.ts'
import type { ListedClip } from './clips.ts'

const steps = [
  { unit: 'd', ms: 86_400_000 },
  { unit: 'h', ms: 3_600_000 },
  { unit: 'min', ms: 60_000 },
  { unit: 's', ms: 1000 },
]

/** How long something lasts, to its largest unit: 5400000 as `1 h`. */
function formatRoughly(ms: number): string {
  const { unit, ms: unitMs } = steps.find(({ ms: stepMs }) => ms >= stepMs) ?? { unit: 's', ms: 1000 }
  return `${Math.floor(ms / unitMs)} ${unit}`
}

/** How long ago something was, such as `5 min`. */
export const formatAge = (time: string, now: number) => formatRoughly(Math.max(0, now - Date.parse(time)))

/** When a clip is lost that no provider takes; `–` for one that cannot be. */
export function formatExpiry(
  { state, expiresAt }: Pick<ListedClip, 'state' | 'expiresAt'>,
  now: number,
): string {
  if (state === 'stored' || state === 'deleted') return '–'
  if (state === 'expired') return formatDateTime(expiresAt)
  const leftMs = Date.parse(expiresAt) - now
  return leftMs > 0 ? `in ${formatRoughly(leftMs)}` : 'its time is over'
}
