import { useDebouncedValue } from '@mantine/hooks'
import useSWR from 'swr'
import { readProblem } from '../_shared/problem.ts'
import type { VoiceSettings } from './speak.ts'
import { bearer } from './speak.ts'

export interface Voice {
  id: string
  name: string
  language?: string
  accent?: string
  gender?: string
  age?: string
  description?: string
  previewUrl?: string
  settings?: VoiceSettings
}

export interface Model {
  model_id: string
  name: string
  languages: { language_id: string; name: string }[]
}

const TYPING_PAUSE_MS = 400
const once = { revalidateOnFocus: false, shouldRetryOnError: false }

/** What the voice's vendor has: voices, and models where it tells. */
export function useAccount({
  apiKey,
  needsKey,
  hasModels,
}: {
  apiKey: string
  needsKey: boolean
  hasModels: boolean
}) {
  const [key] = useDebouncedValue(apiKey, TYPING_PAUSE_MS)
  const isKeyMissing = needsKey && key === ''
  const { data: voices, error } = useSWR(isKeyMissing ? null : ['/api/voices', key], readVoices, once)
  const { data: models } = useSWR(isKeyMissing || !hasModels ? null : ['/v1/models', key], readModels, once)
  return { voices, models: models ?? [], error, isKeyMissing }
}

async function read(url: string, headers: Record<string, string>) {
  const response = await fetch(url, { headers })
  if (!response.ok) throw await readProblem(response)
  return response.json()
}

const readVoices = async ([url, key]: [string, string]): Promise<Voice[]> =>
  (await read(url, bearer(key))).data.voices

// The header has the answer in ElevenLabs' shape, which tells languages.
const readModels = ([url, key]: [string, string]): Promise<Model[]> =>
  read(url, { 'xi-api-key': key || 'none' })
