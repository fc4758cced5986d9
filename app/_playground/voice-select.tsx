import { Select, Text, TextInput } from '@mantine/core'
import { useEffect } from 'react'
import useSWR from 'swr'
import { readProblem } from '../_shared/problem.ts'
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

async function readVoices(url: string): Promise<Voices> {
  const response = await fetch(url)
  if (!response.ok) throw await readProblem(response)
  return (await response.json()).data
}

/** A choice of the voices, or a field for a voice id where they cannot be listed. */
export function VoiceSelect(props: { voiceId: string; onChange: (voiceId: string) => void }) {
  const { voiceId, onChange } = props
  const { data, error } = useSWR('/api/voices', readVoices, { revalidateOnFocus: false })
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
        description="The list of voices is not available now"
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
      placeholder="Loading voices…"
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
