// Prints lines for .env that sign clips with a certificate for trying, which nobody trusts:
// npm run --silent c2pa:test-certificate >> .env
import { runMain } from './process.mjs'
import { makeTestCertificate } from './test-certificate.mjs'

await runMain(async () => {
  const { certificate, privateKey } = await makeTestCertificate()
  const onOneLine = (/** @type {string} */ pem) => pem.trim().replaceAll('\n', '\\n')
  process.stdout.write(`CONTENT_CREDENTIALS=on\nC2PA_CERTIFICATE="${onOneLine(certificate)}"\n`)
  process.stdout.write(`C2PA_PRIVATE_KEY="${onOneLine(privateKey)}"\n`)
})
