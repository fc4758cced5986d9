import { answerAdvertisement } from '#lib/http/answers/advertisement.ts'
import { defineRoute } from '#lib/http/route.ts'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute({ GET: answerAdvertisement })
