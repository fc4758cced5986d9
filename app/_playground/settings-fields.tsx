import { Button, NativeSelect, Slider, Text, Textarea, TextInput } from '@mantine/core'
import { useId } from 'react'
import type { Abilities } from './abilities.ts'
import styles from './composer.module.css'
import { followText } from './follow-text.ts'
import { formatLabel, usualSettings } from './settings.ts'
import type { SpeechSettings, VoiceSettings } from './speak.ts'
import type { Model, Voice } from './use-account.ts'
import { languageName } from './voices.ts'

interface SettingsProps {
  settings: SpeechSettings
  onChange: (settings: SpeechSettings) => void
  abilities: Abilities
  voice: Voice | undefined
  models: Model[]
}

const sliders = [
  { name: 'stability', label: 'Stability', ends: ['more variable', 'more stable'] },
  { name: 'similarityBoost', label: 'Similarity', ends: ['freer', 'closer to the voice'] },
  { name: 'style', label: 'Style', ends: ['plain', 'exaggerated'] },
] as const

const LARGEST_SEED = 4_294_967_295

/** How the text is to be spoken; only what the configured voice can do. */
export function SettingsFields({ settings, onChange, abilities, voice, models }: SettingsProps) {
  const { defaults, formats, speed } = abilities
  const has = (field: string) => (abilities.fields as string[]).includes(field)
  const set = (change: SpeechSettings) => {
    const all = Object.entries({ ...settings, ...change })
    onChange(Object.fromEntries(all.filter(([, value]) => value !== undefined)))
  }
  const setVoice = (change: VoiceSettings) => set({ voiceSettings: { ...settings.voiceSettings, ...change } })
  const settingOf = <Name extends keyof VoiceSettings>(name: Name) =>
    settings.voiceSettings?.[name] ?? voice?.settings?.[name] ?? usualSettings[name]
  const modelId = settings.modelId ?? defaults.modelId
  const model = models.find(({ model_id }) => model_id === modelId)
  const languages = model?.languages ?? []
  const isChanged = Object.keys(settings).length > 0

  return (
    <details className={styles.settings}>
      <summary>
        Settings
        <Text span size="xs" c="dimmed" className={styles.settingsSummary}>
          {isChanged ? 'changed by you' : `as the voice has them, ${formatLabel(defaults.outputFormat)}`}
        </Text>
      </summary>
      <div className={styles.settingsGrid}>
        {models.length > 1 && (
          <NativeSelect
            label="Model"
            value={modelId}
            data={[
              ...(model ? [] : [{ value: modelId, label: modelId }]),
              ...models.map(({ model_id, name }) => ({ value: model_id, label: name })),
            ]}
            onChange={(event) => set({ modelId: event.currentTarget.value, languageCode: undefined })}
          />
        )}
        <NativeSelect
          label="Format"
          value={settings.outputFormat ?? defaults.outputFormat}
          data={formats.map((format) => ({ value: format, label: formatLabel(format) }))}
          onChange={({ currentTarget: { value } }) =>
            set({ outputFormat: value === defaults.outputFormat ? undefined : value })
          }
        />
        {has('languageCode') && languages.length > 1 && (
          <NativeSelect
            label="Language"
            value={settings.languageCode ?? ''}
            data={[
              { value: '', label: 'As the text is' },
              ...languages.map(({ language_id, name }) => ({ value: language_id, label: name })),
            ]}
            onChange={(event) => set({ languageCode: event.currentTarget.value || undefined })}
          />
        )}
        {has('seed') && (
          <TextInput
            label="Seed"
            inputMode="numeric"
            placeholder="Any"
            description="The same seed asks for the same reading."
            value={settings.seed ?? ''}
            onChange={(event) => set({ seed: seedOf(event.currentTarget.value) })}
          />
        )}
        <SettingSlider
          label="Speed"
          ends={['slower', 'faster']}
          {...speed}
          value={settingOf('speed')}
          show={(value) => `${value.toFixed(2)}×`}
          onChange={(value) => setVoice({ speed: value })}
        />
        {sliders
          .filter(({ name }) => has(`voiceSettings.${name}`))
          .map(({ name, label, ends }) => (
            <SettingSlider
              key={name}
              {...{ label, ends }}
              min={0}
              max={1}
              value={settingOf(name)}
              show={(value) => `${Math.round(value * 100)} %`}
              onChange={(value) => setVoice({ [name]: value })}
            />
          ))}
        {has('voiceSettings.useSpeakerBoost') && (
          <label className={styles.boost}>
            <input
              type="checkbox"
              checked={settingOf('useSpeakerBoost')}
              onChange={(event) => setVoice({ useSpeakerBoost: event.currentTarget.checked })}
            />
            Speaker boost
          </label>
        )}
        {has('instructions') && (
          <Textarea
            label="How to speak"
            placeholder="Calm and friendly, like a good teacher"
            ref={followText}
            autosize
            className={styles.wide}
            value={settings.instructions ?? ''}
            onChange={(event) => set({ instructions: event.currentTarget.value || undefined })}
          />
        )}
      </div>
      {languages.length === 1 && (
        <Text size="xs" c="dimmed">
          This model speaks {languageName(languages[0]?.language_id) ?? languages[0]?.name} only.
        </Text>
      )}
      {isChanged && (
        <Button size="xs" variant="default" onClick={() => onChange({})}>
          Back to the usual
        </Button>
      )}
    </details>
  )
}

interface SettingSliderProps {
  label: string
  ends: readonly [string, string]
  min: number
  max: number
  value: number
  show: (value: number) => string
  onChange: (value: number) => void
}

function SettingSlider({ label, ends, min, max, value, show, onChange }: SettingSliderProps) {
  const id = useId()
  return (
    <div className={styles.slider}>
      <div className={styles.sliderHead}>
        <span id={id}>{label}</span>
        <span className={styles.sliderValue}>{show(value)}</span>
      </div>
      <Slider
        {...{ min, max }}
        step={0.05}
        value={Math.min(max, Math.max(min, value))}
        label={null}
        size="sm"
        thumbProps={{ 'aria-labelledby': id, 'aria-valuetext': show(value) }}
        onChange={(moved) => onChange(Number(moved.toFixed(2)))}
      />
      <div className={styles.sliderEnds} aria-hidden>
        <span>{ends[0]}</span>
        <span>{ends[1]}</span>
      </div>
    </div>
  )
}

function seedOf(text: string): number | undefined {
  const digits = text.replaceAll(/\D/g, '')
  return digits === '' ? undefined : Math.min(LARGEST_SEED, Number(digits))
}
