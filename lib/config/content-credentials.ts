import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { DAY_MS } from '#lib/platform/units.ts'
import type { Reader } from './reader.ts'
import { flag, secretText, text, type Variable } from './variables.ts'

/** Who signs clips: the key, and the certificates that vouch for it. */
export interface SigningIdentity {
  algorithm: 'ES256' | 'ES384' | 'ES512' | 'Ed25519'
  /** In PEM: that of the key first, then each that vouches for the one before; without the root. */
  certificates: readonly [string, ...string[]]
  /** In PEM. */
  privateKey: string
}

/** Nothing of it is secret, but it may be in a file as its key may. */
const certificates: Variable<string> = { ...text, secretsIn: () => [] }
const pemBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
const wantsCertificate =
  'takes in PEM the certificate that signs clips, and after it those that vouch for it, or as one line with \\n between the lines'
const TRY = '`npm run c2pa:test-certificate` makes one for trying'

/**
 * What a certificate may be for, of which validators want one: e-mail, documents, C2PA claims (and the name that Microsoft
 * gave these).
 *
 * @see https://spec.c2pa.org/specifications/specifications/2.2/specs/C2PA_Specification.html#_certificate_profile
 */
const purposes = [
  '1.3.6.1.5.5.7.3.4',
  '1.3.6.1.5.5.7.3.36',
  '1.3.6.1.4.1.62558.2.1',
  '1.3.6.1.4.1.311.76.59.1.9',
]

const algorithms: Record<string, SigningIdentity['algorithm']> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
}

/** Whether clips are signed by C2PA, and with what; `undefined` where they are not. */
export function readContentCredentials({ read, problems, isSet }: Reader): SigningIdentity | undefined {
  const isOn = read('CONTENT_CREDENTIALS', flag, false)
  const certificateText = withLines(read('C2PA_CERTIFICATE', certificates))
  const privateKey = withLines(read('C2PA_PRIVATE_KEY', secretText))
  if (!isOn) return undefined
  const missing = ['C2PA_CERTIFICATE', 'C2PA_PRIVATE_KEY'].filter((name) => !isSet(name))
  for (const name of missing) {
    problems.push(`${name}: got nothing, takes what CONTENT_CREDENTIALS needs to sign; ${TRY}`)
  }
  if (!certificateText || !privateKey) return undefined
  const chain = readCertificates(certificateText, problems)
  const key = readKey(privateKey, problems)
  if (!chain || !key) return undefined
  const [own] = chain
  if (!own.checkPrivateKey(key)) {
    problems.push('C2PA_PRIVATE_KEY: got the key of another certificate, takes that of C2PA_CERTIFICATE')
    return undefined
  }
  const algorithm = algorithmOf(key)
  if (!algorithm) {
    problems.push(
      `C2PA_PRIVATE_KEY: got a key of the kind ${kindOf(key)}, takes one of P-256, P-384, P-521 or Ed25519, which always give the same signature for the same clip`,
    )
    return undefined
  }
  const [first, ...more] = chain.map(String)
  return { algorithm, certificates: [first as string, ...more], privateKey }
}

/** What of the certificates the operator must act on: one line each. */
export function certificateWarnings(identity: SigningIdentity | undefined, nowMs: number): string[] {
  return (identity?.certificates ?? []).flatMap((pem) => {
    const { subject, validFromDate, validToDate } = new X509Certificate(pem)
    const name = subject.replaceAll('\n', ', ')
    const unsigned = 'clips are kept without content credentials'
    if (nowMs < validFromDate.getTime()) {
      return [
        `C2PA_CERTIFICATE (${name}) is valid only from ${validFromDate.toISOString()} on: until then ${unsigned}.`,
      ]
    }
    const until = validToDate.toISOString()
    if (nowMs > validToDate.getTime()) {
      return [`C2PA_CERTIFICATE (${name}) has expired on ${until}: ${unsigned}. Renew it.`]
    }
    if (nowMs > validToDate.getTime() - 30 * DAY_MS) {
      return [`C2PA_CERTIFICATE (${name}) expires on ${until}, and from then on ${unsigned}. Renew it.`]
    }
    return []
  })
}

/** Where a file of variables or a container takes one line only, `\n` stands for the end of a line. */
const withLines = (value: string | undefined) => value?.replaceAll('\\n', '\n').trim()

function readCertificates(
  value: string,
  problems: string[],
): [X509Certificate, ...X509Certificate[]] | undefined {
  const refuse = (what: string) => void problems.push(`C2PA_CERTIFICATE: got ${what}, ${wantsCertificate}`)
  let all: X509Certificate[]
  try {
    all = (value.match(pemBlock) ?? []).map((pem) => new X509Certificate(pem))
  } catch {
    return refuse('a certificate that cannot be read')
  }
  const [own, ...others] = all
  if (!own) return refuse('a text without a certificate')
  if (own.ca || isSelfSigned(own)) return refuse('a certificate that vouches for itself or for others')
  if (!own.keyUsage?.some((purpose) => purposes.includes(purpose))) {
    return refuse('a certificate that is for neither e-mail nor documents nor C2PA claims')
  }
  const stranger = others.findIndex((issuer, index) => !(all[index] as X509Certificate).checkIssued(issuer))
  if (stranger >= 0)
    return refuse(`certificates of which no. ${stranger + 2} does not vouch for the one before`)
  return [own, ...others.filter((certificate) => !isSelfSigned(certificate))]
}

const isSelfSigned = (certificate: X509Certificate) => certificate.checkIssued(certificate)

function readKey(pem: string, problems: string[]): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    problems.push('C2PA_PRIVATE_KEY: got a value that is not a private key in PEM without a password')
    return undefined
  }
}

function algorithmOf(key: KeyObject): SigningIdentity['algorithm'] | undefined {
  if (key.asymmetricKeyType === 'ed25519') return 'Ed25519'
  return algorithms[key.asymmetricKeyDetails?.namedCurve ?? '']
}

const kindOf = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject) =>
  asymmetricKeyDetails?.namedCurve ?? asymmetricKeyType
