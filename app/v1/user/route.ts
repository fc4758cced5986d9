import { elevenLabsUser } from '#lib/http/drop-in/elevenlabs/account.ts'
import { elevenLabsError } from '#lib/http/drop-in/elevenlabs/errors.ts'
import { defineList } from '#lib/http/drop-in/lists.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineList(
  ({ services, caller }) => elevenLabsUser(services, caller),
  elevenLabsError,
)
