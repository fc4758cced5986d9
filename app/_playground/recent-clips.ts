import type { ClipView } from '../_shared/clip-view.ts'
import { isSettled } from '../_shared/clip-view.ts'

/** A clip that was spoken in this browser. */
export interface RecentClip {
  id: string
  /** The beginning of its text, which the service itself does not keep. */
  text: string
  voice: string
  /** Milliseconds since the epoch. */
  spokenAt: number
  state: 'speaking' | 'staged' | 'pending' | 'stored' | 'expired' | 'gone'
  /** Once it is known. */
  address?: string
}

const MOST = 20
const TEXT_LENGTH = 160

/** The list with a clip that was begun in front, and without the oldest where there are too many. */
export function withBegun(
  clips: RecentClip[],
  begun: { id: string; text: string; voice: string; spokenAt: number },
): RecentClip[] {
  const characters = [...begun.text.replaceAll(/\s+/g, ' ').trim()]
  const text =
    characters.length > TEXT_LENGTH ? `${characters.slice(0, TEXT_LENGTH).join('')}…` : characters.join('')
  const before = clips.find(({ id }) => id === begun.id)
  const clip: RecentClip = { state: 'speaking', ...before, ...begun, text }
  return [clip, ...clips.filter(({ id }) => id !== begun.id)].slice(0, MOST)
}

/** The list with what the service now says of one of its clips; `undefined`: that there is none. */
export function withClip(clips: RecentClip[], id: string, clip: ClipView | undefined): RecentClip[] {
  return clips.map((recent) => (recent.id === id ? { ...recent, ...factsOf(clip) } : recent))
}

/** Those of which the service may have something new to say. */
export const unsettled = (clips: RecentClip[]) =>
  clips.filter(({ state }) => state !== 'gone' && !isSettled({ state }))

function factsOf(clip: ClipView | undefined): Pick<RecentClip, 'state' | 'address'> {
  if (!clip || clip.state === 'deleted') return { state: 'gone' }
  return { state: clip.state, ...(clip.cid && { address: clip.audioUrl }) }
}

/** What is stored, as far as it is a list of clips. */
export function readRecent(stored: unknown): RecentClip[] {
  if (!Array.isArray(stored)) return []
  return stored
    .filter((clip): clip is RecentClip => typeof clip?.id === 'string' && typeof clip.text === 'string')
    .map(
      (clip) =>
        ({ ...clip, address: /^https?:/.test(clip.address ?? '') ? clip.address : undefined }) as RecentClip,
    )
    .slice(0, MOST)
}
