const EXAMPLE = { text: 'Hello from Voicepin', voiceId: 'slt' }

/** The `curl` command that asks for the same clip; the key comes from the shell's environment. */
export function curlOf(options: {
  baseUrl: string
  text: string
  voiceId: string
  needsKey: boolean
  /** The text is spoken in pieces. */
  isLong: boolean
}): string {
  const text = options.text.trim() || EXAMPLE.text
  const voiceId = options.voiceId || EXAMPLE.voiceId
  const path = options.isLong ? '/api/scripts' : '/api/agents/vocalize'
  const lines = [
    `curl -s ${options.baseUrl}${path}`,
    ...(options.needsKey ? ['-H "Authorization: Bearer $VOICEPIN_KEY"'] : []),
    `-d ${shellQuoted(JSON.stringify({ text, voiceId }))}`,
  ]
  return lines.join(' \\\n  ')
}

/** Within single quotes a POSIX shell gives a meaning to nothing but the quote itself. */
function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
