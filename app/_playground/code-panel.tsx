import { Paper, Tabs, Text } from '@mantine/core'
import { CopyButton } from '../_shared/copy-button.tsx'
import styles from './code.module.css'
import { type Sample, samplesOf } from './code-samples.ts'
import page from './playground.module.css'
import { useStored } from './use-stored.ts'

/** The request that the page makes, as a program. */
export function CodePanel(props: Parameters<typeof samplesOf>[0]) {
  const samples = samplesOf(props)
  const [chosen, setChosen] = useStored('language', 'curl', String)
  const shown = samples.find(({ name }) => name === chosen) ?? (samples[0] as Sample)
  return (
    <Paper
      component="section"
      withBorder
      radius="lg"
      className={`${page.card} ${page.command}`}
      aria-labelledby="code-title"
    >
      <div className={page.cardHead}>
        <h2 id="code-title" className={page.label}>
          The same from code
        </h2>
        {shown.code && <CopyButton value={shown.code} label="Copy the code" />}
      </div>
      <Tabs value={shown.name} onChange={(name) => name && setChosen(name)} keepMounted={false}>
        <Tabs.List className={styles.tabs}>
          {samples.map(({ name }) => (
            <Tabs.Tab key={name} value={name} className={styles.tab}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {samples.map((sample) => (
          <Tabs.Panel key={sample.name} value={sample.name} className={styles.tabPanel}>
            {sample.note && (
              <Text size="sm" c="dimmed">
                {sample.note}
              </Text>
            )}
            {sample.code && <Code sample={sample} />}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Paper>
  )
}

/** Code reads from left to right whatever the text in it does. */
function Code({ sample: { code = '', textInCode = '' } }: { sample: Sample }) {
  const at = code.indexOf(textInCode)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex lint/a11y/useSemanticElements: what scrolls must be reachable by keyboard, and be named.
    <pre className={styles.code} dir="ltr" tabIndex={0} role="region" aria-label="Code">
      {code.slice(0, at)}
      <bdi>{textInCode}</bdi>
      {code.slice(at + textInCode.length)}
    </pre>
  )
}
