import path from 'node:path';

import type { NextConfig } from 'next';

const repoRoot = path.resolve(import.meta.dirname, '..');

const config: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  // The workspace packages are TypeScript sources without a build step.
  transpilePackages: ['@tapedeck/market'],
  outputFileTracingRoot: repoRoot,
  turbopack: { root: repoRoot },
  // TypeScript 7 has no JavaScript API for Next's own type check: Next runs `tsc` instead.
  experimental: { useTypeScriptCli: true },
};

export default config;
