const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB']

/** 48231 as `47.1 KB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  for (; value >= 1000 && unit < UNITS.length - 1; unit += 1) value /= 1024
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${UNITS[unit]}`
}

/** 312 as `312 ms`, 3012 as `3.0 s`, 95000 as `1 min 35 s`, 5400000 as `1 h 30 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`
}

/** 65.2 seconds as `1:05`. */
export function formatPosition(seconds: number): string {
  const whole = Math.floor(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** The time of day in the reader's time zone, such as `14:03:12`. */
export function formatTime(time: string | number): string {
  return new Date(time).toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
}

/** The same to the minute, such as `14:03`. */
export function formatClock(time: string | number): string {
  return new Date(time).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
}

/** Day and time in the reader's time zone, such as `22 Nov, 14:03`. */
export function formatDateTime(time: string | number): string {
  const parts = { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' } as const
  return new Date(time).toLocaleString(undefined, parts)
}

/** 0.9871 as `98.7 %`; `–` where there is nothing to divide. */
export function formatShare(share: number | null | undefined): string {
  if (share === null || share === undefined || Number.isNaN(share)) return '–'
  return `${(share * 100).toFixed(share === 1 || share === 0 ? 0 : 1)} %`
}

const providerLabels: Record<string, string> = {
  pinata: 'Pinata',
  web3storage: 'Web3.Storage',
  infura: 'Infura',
  filebase: 'Filebase',
  lighthouse: 'Lighthouse',
  kubo: 'Kubo',
  fula: 'Fula',
  blockfrost: 'Blockfrost',
  embedded: 'this machine',
}

export const providerLabel = (name: string) => providerLabels[name] ?? name

const vendorLabels: Record<string, string> = {
  elevenlabs: 'ElevenLabs',
  openai: 'OpenAI-compatible',
  local: 'Built-in voice',
}

export const vendorLabel = (name: string) => vendorLabels[name] ?? name

const audioTypeLabels: Record<string, string> = {
  'audio/mpeg': 'MP3',
  'audio/ogg': 'Ogg Opus',
  'audio/wav': 'WAV',
  'audio/flac': 'FLAC',
  'audio/aac': 'AAC',
}

/** `audio/mpeg` as `MP3`. */
export const audioTypeLabel = (mimeType: string) => audioTypeLabels[mimeType] ?? mimeType
