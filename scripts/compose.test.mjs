import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { ROOT } from './node-runtime.mjs';
import { SETTING_NAMES } from './settings.mjs';

/** @param {string} path */
const read = (path) => readFileSync(join(ROOT, path), 'utf8');

/**
 * @typedef {{
 *   build: { context: string, dockerfile: string }, environment: Record<string, string>, ports?: string[],
 *   volumes?: string[], network_mode?: string, depends_on?: Record<string, { condition: string }>,
 *   healthcheck: { test: string[] },
 * }} Service
 */
/** @type {{ services: Record<'feed' | 'web', Service>, volumes: Record<string, unknown> }} */
const compose = parse(read('docker-compose.yml'));
const services = /** @type {const} */ (['feed', 'web']).map((name) => ({
  name,
  service: compose.services[name],
  dockerfile: read(compose.services[name].build.dockerfile),
}));

test('compose has exactly the two servers', () => {
  expect(Object.keys(compose.services)).toEqual(['feed', 'web']);
});

test.each(services)('compose sets only known settings for the $name', ({ service }) => {
  for (const name of Object.keys(service.environment)) expect(SETTING_NAMES).toContain(name);
});

test('the setting names checked before a start are those of the feed', () => {
  const config = read('feed/src/config/config.ts');
  const known = new Set(config.match(/'TAPEDECK_[A-Z_]+'/g)?.map((name) => name.slice(1, -1)));
  for (const name of SETTING_NAMES) expect(known).toContain(name);
  const others = ['TAPEDECK_FIXTURES', 'TAPEDECK_BUILD'];
  for (const name of known) expect([...SETTING_NAMES, ...others]).toContain(name);
});

test('P24: the feed of compose listens off loopback, so a token must be given', () => {
  const { TAPEDECK_HOST, TAPEDECK_TOKEN } = compose.services.feed.environment;
  expect(TAPEDECK_HOST).toBe('0.0.0.0');
  expect(TAPEDECK_TOKEN).toMatch(/^\$\{TAPEDECK_TOKEN:\?.+\}$/);
});

test('every published port is bound to loopback and listened on', () => {
  const ports = services.flatMap(({ service }) => service.ports ?? []);
  const listened = [
    compose.services.feed.environment['TAPEDECK_PORT'],
    compose.services.web.environment['TAPEDECK_WEB_PORT'],
  ];
  expect(ports).toEqual(listened.map((port) => `127.0.0.1:${port}:${port}`));
});

test('the web reaches the feed at the address where it listens, once it is healthy', () => {
  expect(compose.services.web.network_mode).toBe('service:feed');
  expect(compose.services.web.depends_on?.['feed']?.condition).toBe('service_healthy');
  const [feed, web] = services.map(({ service }) => service.environment);
  expect(web?.['TAPEDECK_PORT']).toBe(feed?.['TAPEDECK_PORT']);
  expect(feed?.['TAPEDECK_WEB_PORT']).toBe(web?.['TAPEDECK_WEB_PORT']);
});

test('the history is on a named volume that belongs to the user of the image', () => {
  const [volume = '', path = ''] = compose.services.feed.volumes?.[0]?.split(':') ?? [];
  expect(Object.keys(compose.volumes)).toContain(volume);
  expect(compose.services.feed.environment['TAPEDECK_DB']).toMatch(new RegExp(`^${path}/`));
  expect(services[0]?.dockerfile).toContain(`chown node ${path}`);
});

test('each health check queries the port of its container', () => {
  expect(compose.services.feed.healthcheck.test.at(-1)).toContain('127.0.0.1:8080/healthz');
  expect(compose.services.web.healthcheck.test.at(-1)).toContain('127.0.0.1:3000/');
});

test.each(services)('the image of the $name uses the pinned Node and pnpm', ({ dockerfile }) => {
  const [major = ''] = read('.node-version').split('.');
  expect(dockerfile).toMatch(new RegExp(`^FROM node:${major}-`, 'm'));
  const pnpm = /pnpm@[\d.]+/.exec(read('scripts/setup.mjs'))?.[0] ?? '';
  expect(dockerfile).toContain(`npx -y ${pnpm} install --frozen-lockfile`);
});

test.each(services)('the image of the $name copies only what exists', ({ dockerfile }) => {
  const copied = [...dockerfile.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, from = '']) =>
    from.split(' '),
  );
  expect(copied).toContain('pnpm-lock.yaml');
  for (const path of copied) expect(existsSync(join(ROOT, path)), path).toBe(true);
});
