import { describeOptimizedSpeech } from '../support/optimized-speech.ts'

// Five minutes of it: tests/proof/optimize.proof.ts.
describeOptimizedSpeech('half a minute of speech with AUDIO_OPTIMIZE=opus', { sentences: 6, seconds: 30 })
