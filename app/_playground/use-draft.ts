import type { SpeechSettings } from './speak.ts'
import { useStored } from './use-stored.ts'

/** What is to be spoken, and how; it outlives a reload. */
export interface Draft {
  text: string
  voiceId: string
  settings: SpeechSettings
}

const empty: Draft = { text: '', voiceId: '', settings: {} }

export const useDraft = () => useStored<Draft>('draft', empty, readDraft)

function readDraft(stored: unknown): Draft {
  const { text, voiceId, settings } = stored as Partial<Draft>
  return {
    text: typeof text === 'string' ? text : '',
    voiceId: typeof voiceId === 'string' ? voiceId : '',
    settings: typeof settings === 'object' && settings !== null ? settings : {},
  }
}
