/** A clip on its way to IPFS. Both blobs are backed by the temporary store and stream from there. */
export interface IpfsContent {
  /** The clip's CID under UnixFS profile `unixfs-v1-2025` (IPIP-499), as text. */
  cid: string
  /** The audio itself. */
  file: Blob
  /** The same audio packed as a CAR (v1) with the root `cid`. */
  car: Blob
  /** The media type of the audio, such as `audio/mpeg`. */
  mimeType: string
  /** The name to store it under, with the suffix of its format: `<clip id>.mp3`. */
  fileName: string
}
