import { Anchor, Button, Code, Paper } from '@mantine/core'
import { CopyButton } from '../../_shared/copy-button.tsx'
import styles from './first-steps.module.css'

/** How to speak a first clip. */
export interface FirstClip {
  baseUrl: string
  voiceId: string
  needsKey: boolean
}

/** What to do where nothing was spoken yet, in place of stats of nothing. */
export function FirstSteps({ baseUrl, voiceId, needsKey }: FirstClip) {
  const lines = [
    `curl -s ${baseUrl}/api/agents/vocalize`,
    ...(needsKey ? ['-H "Authorization: Bearer $VOICEPIN_KEY"'] : []),
    `-d '${JSON.stringify({ text: 'Hello from Voicepin', voiceId })}'`,
  ]
  const command = lines.join(' \\\n  ')
  return (
    <Paper
      component="section"
      withBorder
      radius="lg"
      className={styles.firstSteps}
      aria-labelledby="first-steps-title"
    >
      <h2 id="first-steps-title">No clip yet</h2>
      <p>
        As soon as the first text is spoken, this page shows whether it reached IPFS, how long that took and
        what it cost. Speak one in the playground, or from a terminal:
      </p>
      <div className={styles.command}>
        <Code block tabIndex={0} role="region" aria-label="The command">
          {command}
        </Code>
        <CopyButton value={command} label="Copy the command" />
      </div>
      <div className={styles.links}>
        <Button component="a" href="/">
          Open the playground
        </Button>
        <Anchor href="/docs" size="sm">
          Read the documentation
        </Anchor>
      </div>
    </Paper>
  )
}
