/** What was found by walking through all frames of a clip. */
export interface CountedFrames {
  seconds: number
  /** Whether its last frame is there to its end, and says so itself in formats that mark their end. */
  isWhole: boolean
}
