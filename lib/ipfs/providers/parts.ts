import type { IpfsContent } from '#lib/ipfs/blocks/content.ts'

/** The audio as a part of a form, with its media type: services refuse what they take for a program. */
export function filePart({ file, fileName, mimeType }: IpfsContent): File {
  return new File([file], fileName, { type: mimeType })
}

/** The CAR as a part of a form. */
export function carPart({ car, fileName }: IpfsContent): File {
  return new File([car], `${fileName}.car`, { type: 'application/vnd.ipld.car' })
}
