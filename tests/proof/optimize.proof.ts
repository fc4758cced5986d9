import { describeOptimizedSpeech } from '../support/optimized-speech.ts'

describeOptimizedSpeech('five minutes of speech with AUDIO_OPTIMIZE=opus', { sentences: 57, seconds: 300 })
