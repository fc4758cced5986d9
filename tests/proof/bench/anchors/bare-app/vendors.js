/** Has the speech vendor speak the text of a request, as it does for Voicepin. */
export async function speak(request, { isStreamed = false } = {}) {
  const { text, voiceId } = await request.json()
  const end = isStreamed ? '/stream' : ''
  const url = `${process.env.ELEVENLABS_BASE_URL}/v1/text-to-speech/${voiceId}${end}?output_format=mp3_44100_128`
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'xi-api-key': process.env.ELEVENLABS_API_KEY },
    body: JSON.stringify({ text, model_id: 'eleven_multilingual_v2' }),
  })
  if (!response.ok) throw new Error(`speech: ${response.status}`)
  return response
}

/** Uploads audio to Pinata. Gives its CID. */
export async function upload(audio) {
  const form = new FormData()
  form.set('network', 'public')
  form.set('file', new File([audio], 'clip.mp3', { type: 'audio/mpeg' }))
  const response = await fetch(`${process.env.PINATA_UPLOAD_URL}/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${process.env.PINATA_JWT}` },
    body: form,
  })
  if (!response.ok) throw new Error(`upload: ${response.status}`)
  return (await response.json()).data.cid
}
