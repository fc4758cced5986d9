import { speak, upload } from '../../vendors.js'

export const dynamic = 'force-dynamic'

export async function POST(request) {
  const audio = await (await speak(request)).arrayBuffer()
  return Response.json({ cid: await upload(audio), bytes: audio.byteLength })
}
