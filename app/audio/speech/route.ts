export { DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT } from '../../v1/audio/speech/route.ts'

export const dynamic = 'force-dynamic'
export const maxDuration = 300
