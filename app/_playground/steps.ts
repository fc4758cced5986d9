import type { AttemptView, ClipView } from '../_shared/clip-view.ts'
import { formatBytes, formatDuration, formatTime, providerLabel } from '../_shared/format.ts'
import type { ScriptView } from '../_shared/script-view.ts'

export interface Step {
  title: string
  detail?: string
  status: 'upcoming' | 'active' | 'pending' | 'done' | 'failed'
}

/** The progress of a clip: spoken (in pieces, where `script` is a long text), staged, stored. */
export function stepsOf(clip: ClipView | undefined, script?: ScriptView): Step[] {
  return [clip || !script ? spokenStep(clip) : scriptStep(script), stagedStep(clip), storedStep(clip)]
}

/** Whether a clip is in the block store of this service, and at no provider beyond this machine. */
export const isOnlyHere = ({ state, provider }: Pick<ClipView, 'state' | 'provider'>) =>
  state === 'stored' && provider === 'embedded'

/** What a screen reader announces at a change. */
export function announcementOf(clip: ClipView | undefined, script?: ScriptView): string {
  const latest = stepsOf(clip, script).findLast(({ status }) => status !== 'upcoming')
  return latest ? [latest.title, latest.detail].filter(Boolean).join('. ') : ''
}

function spokenStep(clip: ClipView | undefined): Step {
  if (!clip?.cid) return { title: 'Speaking', status: 'active' }
  const facts = [
    clip.durationMs && `${formatDuration(clip.durationMs)} of audio`,
    clip.bytes && formatBytes(clip.bytes),
    clip.stagedAt && `took ${formatDuration(Date.parse(clip.stagedAt) - Date.parse(clip.createdAt))}`,
  ]
  return { title: 'Spoken', detail: facts.filter(Boolean).join(' · '), status: 'done' }
}

function scriptStep({ state, spokenPieces, pieceCount, error, nextAttemptAt }: ScriptView): Step {
  if (state === 'joining') return { title: 'Joining', detail: `${pieceCount} pieces`, status: 'active' }
  const progress = `${spokenPieces} of ${pieceCount} pieces`
  if (!error || !nextAttemptAt) return { title: 'Speaking', detail: progress, status: 'active' }
  const detail = `${progress} · next attempt at ${formatTime(nextAttemptAt)}: ${error.detail}`
  return { title: 'Waiting to speak', detail, status: 'pending' }
}

function stagedStep(clip: ClipView | undefined): Step {
  if (!clip?.cid) return { title: 'Staged', status: 'upcoming' }
  return { title: 'Staged', detail: 'Saved by this service, its CID computed', status: 'done' }
}

function storedStep(clip: ClipView | undefined): Step {
  if (!clip?.cid) return { title: 'Stored on IPFS', status: 'upcoming' }
  if (isOnlyHere(clip)) {
    const detail = 'The address works for as long as this service keeps and serves the clip'
    return { title: 'Kept on this machine', detail, status: 'done' }
  }
  if (clip.state === 'stored') return { title: 'Stored on IPFS', detail: storedDetail(clip), status: 'done' }
  if (clip.state === 'expired') {
    const detail = 'No provider stored it in time, so its temporary address has ended'
    return { title: 'Expired', detail, status: 'failed' }
  }
  const running = clip.attempts.findLast(({ outcome }) => outcome === 'running')
  if (running) {
    const detail = `${providerLabel(running.provider)}, ${ordinal(attemptsUpTo(clip, running))} attempt`
    return { title: 'Storing on IPFS', detail, status: 'active' }
  }
  if (clip.state === 'staged') {
    const failed = clip.attempts.at(-1)
    const detail = failed && `The attempt at ${providerLabel(failed.provider)} failed, the next one follows`
    return { title: 'Storing on IPFS', ...(detail && { detail }), status: 'active' }
  }
  const next = clip.nextAttemptAt
    ? `next attempt at ${formatTime(clip.nextAttemptAt)}`
    : 'the service tries again by itself'
  return { title: 'Pending', detail: `At a temporary address; ${next}`, status: 'pending' }
}

function storedDetail({ provider, storedAt, stagedAt, attempts }: ClipView): string {
  const count = attempts.filter((attempt) => attempt.provider === provider).length
  const by = provider && `by ${providerLabel(provider)}${count > 1 ? `, ${ordinal(count)} attempt` : ''}`
  const took =
    storedAt &&
    stagedAt &&
    `${formatDuration(Date.parse(storedAt) - Date.parse(stagedAt))} after it was spoken`
  return [by, took].filter(Boolean).join(' · ')
}

function attemptsUpTo({ attempts }: ClipView, attempt: AttemptView): number {
  const upTo = attempts.slice(0, attempts.indexOf(attempt) + 1)
  return upTo.filter(({ provider }) => provider === attempt.provider).length
}

function ordinal(number: number): string {
  const ending = { one: 'st', two: 'nd', few: 'rd', other: 'th', many: 'th', zero: 'th' }
  return `${number}${ending[new Intl.PluralRules('en', { type: 'ordinal' }).select(number)]}`
}
