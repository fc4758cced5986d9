import { it } from 'vitest'
import { expectToBecomeOpus } from '../unit/clips/transcode-subject.ts'

it.each(['mp3_22050_32', 'mp3_44100_32', 'wav_44100', 'pcm_16000', 'pcm_44100'])(
  'what was spoken as %s becomes Opus',
  (outputFormat) => expectToBecomeOpus(outputFormat),
)
