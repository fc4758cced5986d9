import { Select, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useEffect } from 'react'
import useSWR from 'swr'
import { asProblem, readProblem } from '../_shared/problem.ts'
import styles from './playground.module.css'

interface Voice {
  id: string
  name: string
  language?: string
  description?: string
}

interface Voices {
  provider: string
  voices: Voice[]
}

const TYPING_PAUSE_MS = 400

async function readVoices([url, apiKey]: [string, string]): Promise<Voices> {
  const headers: Record<string, string> = apiKey ? { Authorization: `Bearer ${apiKey}` } : {}
  const response = await fetch(url, { headers })
  if (!response.ok) throw await readProblem(response)
  return (await response.json()).data
}

function whyUnlisted(error: unknown): string {
  const { status, detail } = asProblem(error)
  return status === 401 ? detail : 'The list of voices is not available now'
}

interface VoiceSelectProps {
  voiceId: string
  onChange: (voiceId: string) => void
  apiKey: string
  needsKey: boolean
}

/** A choice of the voices, or a field for a voice id where they cannot be listed. */
export function VoiceSelect(props: VoiceSelectProps) {
  const { voiceId, onChange, needsKey } = props
  const [apiKey] = useDebouncedValue(props.apiKey, TYPING_PAUSE_MS)
  const isKeyMissing = needsKey && apiKey === ''
  const request: [string, string] | null = isKeyMissing ? null : ['/api/voices', apiKey]
  const { data, error } = useSWR(request, readVoices, { revalidateOnFocus: false, shouldRetryOnError: false })
  const voices = data?.voices ?? []
  const first = voices[0]?.id
  useEffect(() => {
    if (first && voiceId === '') onChange(first)
  }, [first, voiceId, onChange])

  if (error) {
    return (
      <TextInput
        className={styles.voice}
        label="Voice id"
        description={whyUnlisted(error)}
        size="md"
        value={voiceId}
        classNames={{ label: styles.label }}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )
  }
  return (
    <Select
      className={styles.voice}
      label="Voice"
      size="md"
      placeholder={isKeyMissing ? 'Enter your key first' : 'Loading voices…'}
      data={voices.map(({ id, name }) => ({ value: id, label: name }))}
      value={voiceId || null}
      allowDeselect={false}
      searchable={voices.length > 8}
      nothingFoundMessage="No such voice"
      classNames={{ label: styles.label }}
      comboboxProps={{ shadow: 'md' }}
      renderOption={({ option }) => <VoiceOption voice={voices.find(({ id }) => id === option.value)} />}
      onChange={(value) => value && onChange(value)}
    />
  )
}

function VoiceOption({ voice }: { voice: Voice | undefined }) {
  const details = [voice?.language, voice?.description].filter(Boolean).join(' · ')
  return (
    <div>
      {voice?.name}
      {details && (
        <Text size="xs" c="dimmed" lineClamp={2}>
          {details}
        </Text>
      )}
    </div>
  )
}
