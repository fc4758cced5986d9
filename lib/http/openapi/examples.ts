const id = '1256062d69cccec81add42068ef82c94'
const cid = 'bafkreig2btxabmkbnh4siedacjw3dfz2kwrubdjgezceguaguz6fmffm44'
const requestId = '3f1a7c52-90a4-4f0e-8f0b-6f1f4d2b9a10'
const createdAt = '2026-11-22T10:59:58.120Z'
const spokenAt = '2026-11-22T10:59:59.480Z'
const storedAt = '2026-11-22T11:00:00.310Z'
const expiresAt = '2026-11-22T11:59:58.120Z'
const spokenBy = { vendor: 'elevenlabs', voiceId: '21m00Tcm4TlvDq8ikWAM', modelId: 'eleven_multilingual_v2' }
const audioUrl = `https://gateway.pinata.cloud/ipfs/${cid}?filename=${id}.mp3`
const pageUrl = `https://voice.example/c/${id}`
const measured = {
  mimeType: 'audio/mpeg',
  bytes: 28003,
  durationMs: 1750,
  characters: 19,
  spokenBy,
  contentCredentials: false,
}
const clip = {
  id,
  state: 'stored',
  isTemporary: false,
  audioUrl,
  pageUrl,
  cid,
  ipfsHash: cid,
  provider: 'pinata',
  permanentUrl: audioUrl,
  ...measured,
  createdAt,
  spokenAt,
  stagedAt: '2026-11-22T10:59:59.492Z',
  storedAt,
  expiresAt,
}
const attempt = {
  provider: 'pinata',
  trigger: 'request',
  startedAt: '2026-11-22T10:59:59.500Z',
  durationMs: 810,
  outcome: 'stored',
  statusCode: 200,
}
const script = {
  id: 'c0a1f54b3f0d4cf6a6cbb5a4a9e7d2f1',
  state: 'speaking',
  url: 'https://voice.example/api/scripts/c0a1f54b3f0d4cf6a6cbb5a4a9e7d2f1',
  characters: 5210,
  spokenCharacters: 2480,
  pieceCount: 3,
  spokenPieces: 1,
  createdAt,
}
const deletion = {
  state: 'deleted',
  deletedAt: storedAt,
  doneAt: storedAt,
  by: 'maker',
  providers: [{ provider: 'pinata', cid, outcome: 'unpinned' }],
  note: 'This service serves it no more. Others may hold copies: whoever knew its CID may have pinned or cached it, and gateways keep what they have fetched for some time.',
}
const about = { id, cid, ...measured, requestId, createdAt, expiresAt }
const elevenLabsVoice = {
  voice_id: 'slt',
  name: 'slt',
  category: 'premade',
  labels: { language: 'en' },
  description: 'A woman from the United States',
}
const elevenLabsSettings = {
  stability: 0.5,
  similarity_boost: 0.75,
  style: 0,
  use_speaker_boost: true,
  speed: 1,
}
const alignment = {
  characters: ['H', 'i'],
  character_start_times_seconds: [0, 0.09],
  character_end_times_seconds: [0.09, 0.31],
}
const subscription = {
  tier: 'voicepin',
  character_count: 5210,
  character_limit: 100000,
  next_character_count_reset_unix: 1795392000,
  status: 'active',
}
const openAiModel = { id: 'tts-1', object: 'model', created: 1699053241, owned_by: 'openai' }

/** An example of each answer, by the id of its schema. */
export const schemaExamples: Record<string, unknown> = {
  VocalizeAnswer: {
    success: true,
    data: { id, audioUrl, pageUrl, ipfsHash: cid, cid, provider: 'pinata', isTemporary: false, ...measured },
  },
  Problem: {
    type: 'urn:voicepin:error:invalid_request',
    title: 'Bad request',
    status: 400,
    detail: 'The request is not valid: voiceId: is required',
    code: 'invalid_request',
    requestId,
    success: false,
    error: 'The request is not valid: voiceId: is required',
    errors: [{ path: 'voiceId', message: 'is required' }],
  },
  VoicesAnswer: {
    success: true,
    data: {
      provider: 'elevenlabs',
      voices: [{ id: '21m00Tcm4TlvDq8ikWAM', name: 'Rachel', language: 'en', description: 'Calm, young' }],
    },
  },
  ScriptAnswer: { success: true, data: script },
  ClipAnswer: { success: true, data: { ...clip, attempts: [attempt] } },
  OwnClipsAnswer: { success: true, data: { clips: [{ ...clip, label: 'episode-12' }] } },
  OembedAnswer: {
    version: '1.0',
    type: 'rich',
    title: 'Voice clip by Rachel',
    provider_name: 'Voicepin',
    provider_url: 'https://voice.example',
    cache_age: 3600,
    html: `<iframe src="https://voice.example/embed/${id}" width="480" height="200" title="Voice clip by Rachel" style="border:0;max-width:100%" loading="lazy"></iframe>`,
    width: 480,
    height: 200,
  },
  DeletedAnswer: { success: true, data: { id, cid, ...deletion } },
  Captions: { text: 'Hi there', words: [{ text: 'Hi', startMs: 0, endMs: 310 }] },
  RetryAnswer: {
    success: true,
    processed: 2,
    successCount: 1,
    failureCount: 1,
    remaining: 5,
    untried: [{ reason: 'limit', count: 4 }],
    results: [
      { id, status: 'success', ipfsHash: cid, url: audioUrl, provider: 'pinata' },
      { id: '9b6d0c2f4f3e4a0f8e57c1d2a3b4c5d6', status: 'failed', error: 'pinata: HTTP 503', attempts: 4 },
    ],
  },
  ElevenLabsError: { detail: { status: 'voice_not_found', message: 'There is no such voice' } },
  ElevenLabsTimedAudio: { audio_base64: 'SUQzBAAAAAAA', alignment, normalized_alignment: alignment },
  ElevenLabsVoices: { voices: [elevenLabsVoice] },
  ElevenLabsVoice: elevenLabsVoice,
  ElevenLabsVoicePage: { voices: [elevenLabsVoice], has_more: false, total_count: 1, next_page_token: null },
  ElevenLabsVoiceSettings: elevenLabsSettings,
  ElevenLabsUser: { user_id: 'caller', subscription },
  ElevenLabsSubscription: subscription,
  OpenAiError: {
    error: { message: 'There is no such voice', type: 'invalid_request_error', param: 'voice', code: null },
  },
  OpenAiModels: { object: 'list', data: [openAiModel] },
  OpenAiModel: openAiModel,
  OpenAiAudioModels: { models: [{ id: 'tts-1', name: 'tts-1' }] },
  OpenAiVoices: { voices: [{ id: 'alloy', name: 'alloy' }] },
}

const clipEvent = `id: 3\nevent: clip\ndata: ${JSON.stringify({ ...clip, attempts: [attempt] })}\n\n`

/** An example of each answer, or of each webhook's body, whose schema has no id, by the operation's. */
export const operationExamples: Record<string, unknown> = {
  openAiModels: { object: 'list', data: [openAiModel] },
  getHealth: { status: 'alive' },
  getReadiness: { status: 'ready' },
  getDescription: { openapi: '3.1.1' },
  getMetrics: 'voicepin_clips_unproven 0\n',
  getAdvertisement: { IsRm: false, Provider: '12D3KooWExample' },
  exportRecords: `{"type":"clip","record":{"id":"${id}"}}\n{"type":"end","records":1}\n`,
  followClip: clipEvent,
  followScript: `id: 1\nevent: script\ndata: ${JSON.stringify(script)}\n\n`,
  onClipStored: {
    type: 'clip.stored',
    timestamp: storedAt,
    data: { ...about, provider: 'pinata', ipfsHash: cid, permanentUrl: audioUrl, storedAt },
  },
  onScriptStored: {
    type: 'script.stored',
    timestamp: storedAt,
    data: {
      scriptId: script.id,
      pieces: 3,
      ...about,
      provider: 'pinata',
      ipfsHash: cid,
      permanentUrl: audioUrl,
      storedAt,
    },
  },
  onClipDeleted: {
    type: 'clip.deleted',
    timestamp: storedAt,
    data: { id, cid, requestId, by: 'maker', deletedAt: storedAt, providers: deletion.providers },
  },
  onClipExpired: {
    type: 'clip.expired',
    timestamp: expiresAt,
    data: { ...about, error: 'pinata: HTTP 503' },
  },
}
