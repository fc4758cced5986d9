import { elevenLabsError } from '#lib/http/drop-in/elevenlabs/errors.ts'
import { speakLikeElevenLabs } from '#lib/http/drop-in/elevenlabs/speak.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'
// The upload goes on after the answer was sent.
export const maxDuration = 300

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(
  { POST: speakLikeElevenLabs },
  { render: elevenLabsError },
)
