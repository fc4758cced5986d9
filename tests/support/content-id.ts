import * as UnixFS from '@ipld/unixfs'
import { withMaxChunkSize } from '@ipld/unixfs/file/chunker/fixed'
import { withWidth } from '@ipld/unixfs/file/layout/balanced'
import * as raw from 'multiformats/codecs/raw'

const MEBIBYTE = 1024 ** 2

/**
 * The CID of `bytes` under UnixFS profile `unixfs-v1-2025` (IPIP-499), computed by a UnixFS implementation other than
 * the one that the service uses.
 */
export async function independentCid(bytes: Uint8Array): Promise<string> {
  const { readable, writable } = new TransformStream({}, UnixFS.withCapacity(64 * MEBIBYTE))
  const leaf = { code: raw.code, name: raw.name, encode: (chunk: Uint8Array) => chunk }
  const writer = UnixFS.createWriter({
    writable,
    settings: {
      ...UnixFS.defaults(),
      chunker: withMaxChunkSize(MEBIBYTE),
      fileLayout: withWidth(1024),
      fileChunkEncoder: leaf,
      smallFileEncoder: leaf,
    } as ReturnType<typeof UnixFS.defaults>,
  })
  const blocks = readable.pipeTo(new WritableStream())
  const file = UnixFS.createFileWriter(writer)
  await file.write(bytes)
  const { cid } = await file.close()
  await writer.close()
  await blocks
  return cid.toString()
}
