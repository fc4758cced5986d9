import * as x509 from '@peculiar/x509'

const DAY_MS = 24 * 3600 * 1000
const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** For signing documents: the purpose that C2PA wants a certificate to name. */
const DOCUMENT_SIGNING = '1.3.6.1.5.5.7.3.36'

/**
 * A certificate for signing clips by C2PA, its key and the root that vouches for it, all in PEM. Nobody trusts that root.
 *
 * @see https://spec.c2pa.org/specifications/specifications/2.2/specs/C2PA_Specification.html#_certificate_profile
 * @param {{ algorithm?: any, validFrom?: Date, days?: number }} [options]
 */
export async function makeTestCertificate({ algorithm = P256, validFrom = new Date(), days = 365 } = {}) {
  const root = await newKeys(P256)
  const own = await newKeys(algorithm)
  const times = { notBefore: validFrom, notAfter: new Date(validFrom.getTime() + days * DAY_MS) }
  const rootCertificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: '01',
      name: 'CN=Voicepin test root, O=Nobody',
      ...times,
      keys: root,
      signingAlgorithm: P256,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(root.publicKey, false, crypto),
      ],
    },
    crypto,
  )
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: '02',
      subject: 'CN=Voicepin test, O=Nobody',
      issuer: rootCertificate.subject,
      ...times,
      signingKey: root.privateKey,
      publicKey: own.publicKey,
      signingAlgorithm: P256,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([DOCUMENT_SIGNING], true),
        await x509.SubjectKeyIdentifierExtension.create(own.publicKey, false, crypto),
        await x509.AuthorityKeyIdentifierExtension.create(root.publicKey, false, crypto),
      ],
    },
    crypto,
  )
  const key = await crypto.subtle.exportKey('pkcs8', own.privateKey)
  return {
    certificate: certificate.toString('pem'),
    privateKey: x509.PemConverter.encode(key, 'PRIVATE KEY'),
    root: rootCertificate.toString('pem'),
  }
}

/** @param {any} algorithm @returns {Promise<CryptoKeyPair>} */
function newKeys(algorithm) {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}
