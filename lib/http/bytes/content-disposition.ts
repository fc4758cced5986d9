/**
 * The `Content-Disposition` of bytes that are shown, or saved where `isDownload`, under `fileName`. A name that is not
 * plain ASCII travels twice: with `_` for what old clients cannot read, and as it is.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6266
 */
export function contentDisposition(fileName: string, { isDownload }: { isDownload: boolean }): string {
  const name = fileName.slice(0, 200).toWellFormed()
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_')
  const extended = plain === name ? '' : `; filename*=UTF-8''${encoded(name)}`
  return `${isDownload ? 'attachment' : 'inline'}; filename="${plain}"${extended}`
}

const encoded = (name: string) =>
  encodeURIComponent(name).replaceAll(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
