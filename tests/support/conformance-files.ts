import { importByteStream, type WritableStorage } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import type { CID } from 'multiformats'
import { carHeader, frameStart } from '#lib/ipfs/blocks/car.ts'
import type { GatewayWorld } from './gateway-world.ts'

/**
 * The files of ipfs/gateway-conformance, made by its recipes: the texts are written here, and the CIDs below are what
 * the suite says of them.
 *
 * @see https://github.com/ipfs/gateway-conformance/tree/main/fixtures
 */
const texts = {
  rawAscii: 'hello application/vnd.ipld.raw\n',
  carAscii: 'hello application/vnd.ipld.car\n',
  index: 'hello\n',
  utf8: 'I am a txt file on path with utf8\n',
  json: '{ "test": "i am a plain json file" }\n',
  multiblock: [
    [
      'Lorem ipsum dolor sit amet, consectetur adipiscing elit. Nunc non imperdiet nunc. Proin ac quam ut nibh',
      'eleifend aliquet. Vestibulum ante ipsum primis in faucibus orci luctus et ultrices posuere cubilia curae; Sed',
      'ligula dolor, imperdiet sagittis arcu et, semper tincidunt urna. Donec et tempor augue, quis sollicitudin',
      'metus. Curabitur semper ullamcorper aliquet. Mauris hendrerit sodales lectus eget fermentum. Proin',
      'sollicitudin vestibulum commodo. Vivamus nec lectus eu augue aliquet dignissim nec condimentum justo. In hac',
      'habitasse platea dictumst. Mauris vel sem neque.',
    ],
    [
      'Vivamus finibus, enim at lacinia semper, arcu erat gravida lacus, sit amet gravida magna orci sit amet est.',
      'Sed non leo lacus. Nullam viverra ipsum a tincidunt dapibus. Nulla pulvinar ligula sit amet ante ultrices',
      'tempus. Proin purus urna, semper sed lobortis quis, gravida vitae ipsum. Aliquam mi urna, pulvinar eu bibendum',
      'quis, convallis ac dolor. In gravida justo sed risus ullamcorper, vitae luctus massa hendrerit. Pellentesque',
      'habitant amet.',
    ],
  ]
    .map((lines) => lines.join(' '))
    .join('\n\n'),
}

/** The CIDs that the suite gives to its files. */
export const officialCids = {
  rawAscii: 'bafkreihhpc5y2pqvl5rbe5uuyhqjouybfs3rvlmisccgzue2kkt5zq6upq',
  carAscii: 'bafkreifkam6ns4aoolg3wedr4uzrs3kvq66p4pecirz6y2vlrngla62mxm',
  index: 'bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am',
  utf8: 'bafkreialihlqnf5uwo4byh4n3cmwlntwqzxxs2fg5vanqdi3d7tb2l5xkm',
  json: 'bafkreibrppizs3g7axs2jdlnjua6vgpmltv7k72l7v7sa6mmht6mne3qqe',
  multiblock: 'bafybeigcisqd7m5nf3qmuvjdbakl5bdnh4ocrmacaqkpuh77qjvggmt2sa',
} as const

/** The leaves of `multiblock`: four of 256 bytes and one of two. */
export const multiblockLeaves = [
  'bafkreie5noke3mb7hqxukzcy73nl23k6lxszxi5w3dtmuwz62wnvkpsscm',
  'bafkreih4ephajybraj6wnxsbwjwa77fukurtpl7oj7t7pfq545duhot7cq',
  'bafkreigu7buvm3cfunb35766dn7tmqyh2um62zcio63en2btvxuybgcpue',
  'bafkreicll3huefkc3qnrzeony7zcfo7cr3nbx64hnxrqzsixpceg332fhe',
  'bafkreifst3pqztuvj57lycamoi7z34b4emf7gawxs74nwrc2c7jncmpaqm',
]

export type OfficialFile = keyof typeof officialCids

export function officialBytes(name: OfficialFile): Uint8Array {
  return new TextEncoder().encode(texts[name])
}

/** Stores the official files as the clips of `world`. @throws when one gets another CID than the official one */
export async function storeOfficialFiles({ record, services }: GatewayWorld): Promise<void> {
  for (const name of Object.keys(officialCids) as OfficialFile[]) {
    const { cid, car } = await packOfficially(officialBytes(name))
    if (cid !== officialCids[name]) throw new Error(`${name} has the CID ${cid}`)
    await services.blockStore.put(cid, car.stream())
    const file = new Blob([officialBytes(name) as BlobPart])
    await record({ cid, car, file, fileName: `${name}.mp3`, mimeType: 'audio/mpeg' })
  }
}

/** As the recipes have it: `ipfs add --cid-version=1 --chunker=size-256`. */
async function packOfficially(bytes: Uint8Array): Promise<{ cid: string; car: Blob }> {
  const parts: Uint8Array[] = []
  const put = (cid: CID, block: Uint8Array) => {
    parts.push(frameStart(cid, block.byteLength), block)
    return cid
  }
  async function* stream() {
    yield bytes
  }
  const { cid } = await importByteStream(stream(), { put } as WritableStorage, {
    cidVersion: 1,
    rawLeaves: true,
    blockWriteConcurrency: 1,
    chunker: fixedSize({ chunkSize: 256 }),
  })
  return { cid: String(cid), car: new Blob([carHeader(cid), ...parts] as BlobPart[]) }
}
