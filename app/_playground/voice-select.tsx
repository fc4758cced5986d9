import { ActionIcon, type ComboboxParsedItem, Select, Text, TextInput, Tooltip } from '@mantine/core'
import { useRef, useState } from 'react'
import { IconSpeaker } from '../_shared/icons.tsx'
import { asProblem } from '../_shared/problem.ts'
import styles from './composer.module.css'
import page from './playground.module.css'
import type { Voice } from './use-account.ts'
import { usePreview } from './use-preview.ts'
import { detailsOf, groupsOf, matches } from './voices.ts'

/** More than can be looked through; typing finds the others. */
const SHOWN = 200

interface VoiceSelectProps {
  voiceId: string
  onChange: (voiceId: string) => void
  /** `undefined` until they are known. */
  voices: Voice[] | undefined
  error: unknown
  isKeyMissing: boolean
}

/** A choice of the voices, or a field for a voice id where they cannot be listed. */
export function VoiceSelect({ voiceId, onChange, voices = [], error, isKeyMissing }: VoiceSelectProps) {
  const [search, setSearch] = useState('')
  const [isOpen, setIsOpen] = useState(false)
  /** What was typed while the list was closed, behind the name of the voice. */
  const typed = useRef('')
  const preview = usePreview()
  const selected = voices.find(({ id }) => id === voiceId)
  const byId = new Map(voices.map((voice) => [voice.id, voice]))

  if (error) {
    return (
      <TextInput
        className={styles.voice}
        label="Voice id"
        description={whyUnlisted(error)}
        size="md"
        value={voiceId}
        classNames={{ label: page.label }}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )
  }
  return (
    <>
      <Select
        className={styles.voice}
        label="Voice"
        size="md"
        placeholder={selected?.name ?? (isKeyMissing ? 'Enter your key first' : 'Loading voices…')}
        title={isOpen ? undefined : selected?.name}
        data={groupsOf(voices)}
        value={selected ? voiceId : null}
        allowDeselect={false}
        searchable
        limit={SHOWN}
        nothingFoundMessage="No such voice"
        // Typing looks for a voice, and does not change the name of the one that is chosen.
        searchValue={isOpen ? search : (selected?.name ?? '')}
        onSearchChange={(value) => {
          const name = selected?.name ?? ''
          if (isOpen) setSearch(value)
          else typed.current = selected && value.startsWith(name) ? value.slice(name.length) : ''
        }}
        onDropdownOpen={() => {
          setSearch(typed.current)
          typed.current = ''
          setIsOpen(true)
        }}
        onDropdownClose={() => {
          setIsOpen(false)
          preview.stop()
        }}
        selectFirstOptionOnChange={isOpen && search !== ''}
        filter={({ options, search: asked }) => found(options, (id) => matches(byId.get(id), asked))}
        classNames={{
          label: page.label,
          input: styles.voiceInput,
          dropdown: styles.voiceList,
          option: styles.voiceRowOption,
        }}
        // Within the page's landmarks.
        comboboxProps={{ shadow: 'md', withinPortal: false }}
        withScrollArea={false}
        renderOption={({ option }) => (
          <VoiceOption voice={byId.get(option.value)} onPreview={preview.toggle} />
        )}
        onChange={(value) => value && onChange(value)}
      />
      {voices.some(({ previewUrl }) => previewUrl) && (
        <Tooltip label="Hear a sample of this voice" withArrow>
          <ActionIcon
            size={42}
            variant="default"
            aria-label={
              preview.playing === selected?.previewUrl && preview.playing
                ? 'Stop the sample'
                : 'Hear a sample'
            }
            disabled={!selected?.previewUrl}
            onClick={() => preview.toggle(selected?.previewUrl ?? '')}
          >
            <IconSpeaker size={19} />
          </ActionIcon>
        </Tooltip>
      )}
      {preview.failure && (
        <Text size="xs" c="var(--bad)" role="alert" className={styles.previewFailure}>
          {preview.failure}
        </Text>
      )}
    </>
  )
}

/** The options with a fitting value, and the groups that have any. */
function found(options: ComboboxParsedItem[], fits: (value: string) => boolean): ComboboxParsedItem[] {
  return options.flatMap((option): ComboboxParsedItem[] => {
    if (!('group' in option)) return fits(option.value) ? [option] : []
    const items = option.items.filter(({ value }) => fits(value))
    return items.length > 0 ? [{ ...option, items }] : []
  })
}

function whyUnlisted(error: unknown): string {
  const { status, detail } = asProblem(error)
  return status === 401
    ? `${detail}; a right one lists the voices here`
    : 'The list of voices is not available now'
}

function VoiceOption({
  voice,
  onPreview,
}: {
  voice: Voice | undefined
  onPreview: (previewUrl: string) => void
}) {
  if (!voice) return null
  const { name, description, previewUrl } = voice
  const details = detailsOf(voice)
  return (
    <div className={styles.voiceOption}>
      <div className={styles.voiceFacts}>
        <div className={styles.voiceName} title={name} dir="auto">
          {name}
        </div>
        {(details || description) && (
          <Text size="xs" c="dimmed" lineClamp={2}>
            {[details, description].filter(Boolean).join(' · ')}
          </Text>
        )}
      </div>
      {previewUrl && (
        // A button must not stand in an option: by keyboard the sample of the chosen voice is beside the list.
        <span
          aria-hidden
          className={styles.voiceSample}
          title="Hear a sample"
          onMouseDown={(event) => event.preventDefault()}
          onClick={(event) => {
            event.stopPropagation()
            onPreview(previewUrl)
          }}
        >
          <IconSpeaker size={17} />
        </span>
      )}
    </div>
  )
}
