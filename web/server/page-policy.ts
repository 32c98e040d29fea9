/*
 * What a page may load and connect to (Content-Security-Policy): itself and its feed. Next puts scripts into its
 * pages: those of pages made at build time are known and allowed by hash, so that these pages stay as fast as files;
 * a page made per request has a nonce.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { publicFeedOrigin } from '../feed-environment.ts';

/** Next's page for unknown addresses; it also has the script that every page begins with. */
const NOT_FOUND = '/_not-found';
/**
 * For the build's files, which browsers keep for good while the feed's address may change: a worker obeys the policy
 * of its own file.
 */
const FILE_POLICY =
  "default-src 'none'; script-src 'self'; connect-src *; base-uri 'none'; frame-ancestors 'none'";
const FILES = '/_next/';
const SCRIPT = /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g;

export type Asked = { readonly path: string; readonly host: string; readonly protocol: string };
export type PagePolicy = { readonly policy: string; readonly hasNonce: boolean };

export class PagePolicies {
  /** Sources of the inline scripts of each page made at build time. */
  readonly #hashes: ReadonlyMap<string, readonly string[]>;

  /** @param folder of the pages that `next build` has made: `.next/server/app`. */
  constructor(folder: string) {
    const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((file) => file.replaceAll('\\', '/'))
      .filter((file) => file.endsWith('.html'));
    this.#hashes = new Map(
      pages.map((file) => [routeOf(file), inlineHashes(readFileSync(join(folder, file), 'utf8'))]),
    );
  }

  of({ path, host, protocol }: Asked): PagePolicy {
    if (path.startsWith(FILES)) return { policy: FILE_POLICY, hasNonce: false };
    const known = this.#hashes.get(path);
    const scripts = known ?? [
      ...(this.#hashes.get(NOT_FOUND) ?? []),
      `'nonce-${randomBytes(16).toString('base64')}'`,
    ];
    const feed = publicFeedOrigin(host, protocol);
    const own = `${protocol}://${host}`;
    const sockets = [own, feed].map((origin) => origin.replace(/^http/, 'ws'));
    const directives = {
      'default-src': ["'self'"],
      'script-src': ["'self'", ...scripts],
      // Sizes and positions of panels are inline styles.
      'style-src': ["'self'", "'unsafe-inline'"],
      'img-src': ["'self'", 'data:', 'blob:'],
      'connect-src': ["'self'", feed, ...new Set(sockets)],
      // Downloads are requested in a frame of their own.
      'frame-src': ["'self'", feed],
      'object-src': ["'none'"],
      'base-uri': ["'none'"],
      'form-action': ["'self'"],
      'frame-ancestors': ["'none'"],
    };
    const policy = Object.entries(directives).map(([name, list]) => `${name} ${list.join(' ')}`);
    return { policy: policy.join('; '), hasNonce: known === undefined };
  }
}

function routeOf(file: string): string {
  const route = `/${file.replace(/\.html$/, '')}`;
  return route === '/index' ? '/' : route;
}

/** What the browser hashes: the text between the tags, byte by byte. */
function inlineHashes(html: string): readonly string[] {
  const scripts = [...html.matchAll(SCRIPT)].map(([, text = '']) => text);
  const hash = (text: string): string => createHash('sha256').update(text).digest('base64');
  return [...new Set(scripts)].map((text) => `'sha256-${hash(text)}'`);
}
