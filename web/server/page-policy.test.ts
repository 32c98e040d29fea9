import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { PagePolicies } from './page-policy.ts';

const LOOK = 'document.documentElement.dataset.theme="dark"';
const LOCAL = { host: 'localhost:3000', protocol: 'http' };

const sourceOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

function built(pages: Readonly<Record<string, string>>): PagePolicies {
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-pages-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'deep'));
  for (const [name, html] of Object.entries(pages)) writeFileSync(join(folder, name), html);
  return new PagePolicies(folder);
}

const scriptSources = (policy: string): readonly string[] =>
  /script-src ([^;]*)/.exec(policy)?.[1]?.split(' ') ?? [];

test('a page made at build time runs the scripts in it, and no others', () => {
  const policies = built({
    'index.html': `<script src="/_next/a.js" async=""></script><script>${LOOK}</script><script id="x">next(1)</script>`,
    'deep/er.html': '<script>next(2)</script>',
  });
  const { policy, hasNonce } = policies.of({ ...LOCAL, path: '/' });
  expect(hasNonce).toBe(false);
  expect(scriptSources(policy)).toEqual(["'self'", sourceOf(LOOK), sourceOf('next(1)')]);
  const deep = policies.of({ ...LOCAL, path: '/deep/er' });
  expect(scriptSources(deep.policy)).toEqual(["'self'", sourceOf('next(2)')]);
});

test('a page made per request has a fresh nonce, and the script that all pages begin with', () => {
  const policies = built({ '_not-found.html': `<script>${LOOK}</script>` });
  const seen = new Set(
    Array.from({ length: 100 }, () => {
      const { policy, hasNonce } = policies.of({ ...LOCAL, path: '/s/BTC-USD@sim' });
      expect(hasNonce).toBe(true);
      expect(scriptSources(policy)).toContain(sourceOf(LOOK));
      return scriptSources(policy).find((source) => /^'nonce-[A-Za-z0-9+/]{22}==/.test(source));
    }),
  );
  expect(seen.size).toBe(100);
});

test('a file of the build, which browsers keep for good, names no address that may change', () => {
  const policies = built({});
  const of = (host: string): string =>
    policies.of({ ...LOCAL, host, path: '/_next/static/worker.js' }).policy;
  expect(of('localhost:3000')).toBe(of('desk.example'));
  expect(of('localhost:3000')).toMatch(/script-src 'self';/);
});

test('a page may connect to itself and its feed, wherever that is, and is never framed', () => {
  const policies = built({});
  const connect = (host: string, protocol: string): string | undefined =>
    /connect-src ([^;]*)/.exec(policies.of({ path: '/', host, protocol }).policy)?.[1];
  expect(connect('localhost:3000', 'http')).toBe(
    "'self' http://localhost:8080 ws://localhost:3000 ws://localhost:8080",
  );
  expect(connect('[::1]:3000', 'https')).toBe(
    "'self' https://[::1]:8080 wss://[::1]:3000 wss://[::1]:8080",
  );
  process.env['TAPEDECK_FEED_URL'] = 'https://feed.example/';
  onTestFinished(() => void delete process.env['TAPEDECK_FEED_URL']);
  expect(connect('desk.example', 'https')).toBe(
    "'self' https://feed.example wss://desk.example wss://feed.example",
  );
  const { policy } = policies.of({ ...LOCAL, path: '/' });
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/script-src[^;]*unsafe/);
});
