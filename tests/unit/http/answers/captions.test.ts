import { expect, it } from 'vitest'
import { captionsAnswer } from '#lib/http/answers/captions.ts'
import type { Clip } from '#lib/model/clip.ts'

it('a clip that was answered before there were captions has none', () => {
  const clip = { id: 'a' } as Clip

  expect(captionsAnswer(clip, 'https://voice.example')).toBeUndefined()
  expect(captionsAnswer({ ...clip, captionsCid: 'bafk' }, 'https://voice.example')).toEqual({
    vttUrl: 'https://voice.example/api/clips/a/captions.vtt',
    srtUrl: 'https://voice.example/api/clips/a/captions.srt',
    jsonUrl: 'https://voice.example/api/clips/a/captions.json',
    cid: 'bafk',
  })
})
