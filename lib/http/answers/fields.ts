import { z } from 'zod'

// Fields that several answers share. The schema of an answer stands beside the function that makes it; a test checks every
// answer of a running service against the schemas.

export const success = z.literal(true)
export const time = z.iso.datetime()
export const count = z.int().min(0)
export const clipId = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .meta({ example: '0123456789abcdef0123456789abcdef' })
export const scriptId = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .meta({ example: 'fedcba9876543210fedcba9876543210' })
export const cid = z.string().meta({ description: 'The CID of the bytes (UnixFS profile `unixfs-v1-2025`).' })
export const audioUrl = z.url().meta({ description: 'The URL of the audio.' })
export const pageUrl = z.url().meta({
  description:
    'The page of the clip, for people: a player, who spoke, where it is kept. Whoever has it can listen.',
})
const CONTENT_CREDENTIALS =
  'Whether the file itself says, signed, that a machine has made it (C2PA): by its vendor, or by this service with `CONTENT_CREDENTIALS=on`. MP3 and WAV can; Opus, bare samples and what is streamed while it is spoken cannot.'
/** The same where it is always said. */
export const contentCredentials = z.boolean().meta({ description: CONTENT_CREDENTIALS })
/** What an answer says of how its clip was spoken. */
export const speechFacts = {
  spokenBy: z
    .object({ vendor: z.string(), voiceId: z.string(), modelId: z.string() })
    .optional()
    .meta({ description: 'The voice that spoke; missing for clips from before this was recorded.' }),
  omittedCharacters: z
    .array(z.string())
    .optional()
    .meta({ description: 'Characters of the text that the voice could not speak, each once.' }),
  warnings: z
    .array(z.string())
    .optional()
    .meta({ description: 'What was asked for and not given, one sentence each.' }),
  contentCredentials: z.boolean().optional().meta({ description: CONTENT_CREDENTIALS }),
}
/** What answers to its own maker say of a clip. */
export const notes = {
  label: z
    .string()
    .optional()
    .meta({ description: 'What its maker calls it; only its maker and the operator see it.' }),
  metadata: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .optional()
    .meta({ description: 'Notes of its maker, seen as `label`.' }),
}
export const provider = z.string().meta({
  description:
    'Who holds the clip. `embedded` is this service itself: the address lasts as long as this service keeps and serves it.',
})
