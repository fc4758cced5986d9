import type { AttemptView, ClipView } from '../_shared/clip-view.ts'
import { formatBytes, formatDuration, formatTime, providerLabel } from '../_shared/format.ts'

export interface Step {
  title: string
  detail?: string
  status: 'ahead' | 'active' | 'waiting' | 'done' | 'failed'
}

/** The way of a clip in three steps, as far as it has come. */
export function stepsOf(clip: ClipView | undefined): Step[] {
  return [spokenStep(clip), keptStep(clip), storedStep(clip)]
}

/** The one sentence that a screen reader says at a change. */
export function announcementOf(clip: ClipView | undefined): string {
  const latest = stepsOf(clip).findLast(({ status }) => status !== 'ahead')
  return latest ? [latest.title, latest.detail].filter(Boolean).join('. ') : ''
}

function spokenStep(clip: ClipView | undefined): Step {
  if (!clip?.cid) return { title: 'Speaking', status: 'active' }
  const facts = [
    clip.durationMs && `${formatDuration(clip.durationMs)} of sound`,
    clip.bytes && formatBytes(clip.bytes),
    clip.stagedAt && `took ${formatDuration(Date.parse(clip.stagedAt) - Date.parse(clip.createdAt))}`,
  ]
  return { title: 'Spoken', detail: facts.filter(Boolean).join(' · '), status: 'done' }
}

function keptStep(clip: ClipView | undefined): Step {
  if (!clip?.cid) return { title: 'Kept', status: 'ahead' }
  return { title: 'Kept', detail: 'Safe on our disk, its CID computed', status: 'done' }
}

function storedStep(clip: ClipView | undefined): Step {
  if (!clip?.cid) return { title: 'Stored on IPFS', status: 'ahead' }
  if (clip.state === 'stored') return { title: 'Stored on IPFS', detail: storedDetail(clip), status: 'done' }
  if (clip.state === 'expired') {
    const detail = 'No provider took it in time, so its temporary address has ended'
    return { title: 'Not stored', detail, status: 'failed' }
  }
  const running = clip.attempts.findLast(({ outcome }) => outcome === 'running')
  if (running) {
    const detail = `${providerLabel(running.provider)}, ${ordinal(triesUpTo(clip, running))} try`
    return { title: 'Storing on IPFS', detail, status: 'active' }
  }
  if (clip.state === 'staged') {
    const failed = clip.attempts.at(-1)
    const detail = failed && `${providerLabel(failed.provider)} did not take it, the next try follows`
    return { title: 'Storing on IPFS', ...(detail && { detail }), status: 'active' }
  }
  const next = clip.nextAttemptAt ? `next try at ${formatTime(clip.nextAttemptAt)}` : 'tried again by itself'
  return { title: 'Waiting for IPFS', detail: `Kept at a temporary address; ${next}`, status: 'waiting' }
}

function storedDetail({ provider, storedAt, stagedAt, attempts }: ClipView): string {
  const tries = attempts.filter((attempt) => attempt.provider === provider).length
  const by = provider && `by ${providerLabel(provider)}${tries > 1 ? `, ${ordinal(tries)} try` : ''}`
  const took =
    storedAt &&
    stagedAt &&
    `${formatDuration(Date.parse(storedAt) - Date.parse(stagedAt))} after it was spoken`
  return [by, took].filter(Boolean).join(' · ')
}

function triesUpTo({ attempts }: ClipView, attempt: AttemptView): number {
  const upTo = attempts.slice(0, attempts.indexOf(attempt) + 1)
  return upTo.filter(({ provider }) => provider === attempt.provider).length
}

function ordinal(number: number): string {
  const ending = { one: 'st', two: 'nd', few: 'rd', other: 'th', many: 'th', zero: 'th' }
  return `${number}${ending[new Intl.PluralRules('en', { type: 'ordinal' }).select(number)]}`
}
