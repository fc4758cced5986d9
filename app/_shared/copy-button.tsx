import { ActionIcon, Tooltip } from '@mantine/core'
import { IconAlert, IconCheck, IconCopy } from './icons.tsx'
import { useCopy } from './use-copy.ts'

/** Puts `value` on the clipboard and says for a moment whether it did. */
export function CopyButton({ value, label }: { value: string; label: string }) {
  const { outcome, copy } = useCopy()
  const said =
    outcome === undefined ? label : outcome === 'copied' ? 'Copied' : 'The browser refuses: select it'
  return (
    <Tooltip label={said} withArrow>
      <ActionIcon variant="subtle" color="gray" onClick={() => copy(value)} aria-label={said}>
        {outcome === undefined && <IconCopy size={16} stroke={1.7} />}
        {outcome === 'copied' && <IconCheck size={16} color="var(--good)" />}
        {outcome === 'refused' && <IconAlert size={16} color="var(--bad)" />}
      </ActionIcon>
    </Tooltip>
  )
}
