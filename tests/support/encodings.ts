const everyCharacter = (text: string, write: (character: string) => string) => [...text].map(write).join('')
const hexOf = (character: string, digits: number) =>
  character.charCodeAt(0).toString(16).padStart(digits, '0')

/** The ways in which an echo may write a secret of ASCII characters, each ending the sentence "a secret that was …". */
export const encodings: [name: string, encode: (secret: string) => string][] = [
  ['left as it is', (secret) => secret],
  ['percent-encoded', (secret) => everyCharacter(secret, (each) => `%${hexOf(each, 2)}`)],
  [
    'percent-encoded in capitals',
    (secret) => everyCharacter(secret, (each) => `%${hexOf(each, 2).toUpperCase()}`),
  ],
  ['percent-encoded twice', (secret) => everyCharacter(secret, (each) => `%25${hexOf(each, 2)}`)],
  ['escaped for JSON', (secret) => everyCharacter(secret, (each) => `\\u${hexOf(each, 4)}`)],
  ['escaped for HTML', (secret) => everyCharacter(secret, (each) => `&#${each.charCodeAt(0)};`)],
  ['escaped for HTML in hexadecimal', (secret) => everyCharacter(secret, (each) => `&#x${hexOf(each, 4)};`)],
  ['written in hexadecimal', (secret) => Buffer.from(secret).toString('hex')],
  ['written in base64', (secret) => Buffer.from(secret).toString('base64')],
  ['written in base64 behind something else', (secret) => Buffer.from(`k:${secret}`).toString('base64')],
  ['written in base64 for URLs', (secret) => Buffer.from(`ke:${secret}`).toString('base64url')],
  ['split by markup', (secret) => [...secret].join('<wbr>')],
  ['split by spaces', (secret) => [...secret].join(' ')],
  ['split by soft hyphens', (secret) => [...secret].join('\u00ad')],
  ['written backwards', (secret) => [...secret].reverse().join('')],
  ['written in capitals', (secret) => secret.toUpperCase()],
]
