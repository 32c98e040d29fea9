/*
 * One conditional request for a document, with its redirects (RFC 9110, section 13 and 15.4). The whole of it, from the
 * first name lookup to the last byte, has one time limit.
 */
import { type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isIP } from 'node:net';

import type { EpochMs } from '@tapedeck/market/number/level';
import type { Clock } from '@tapedeck/market/time/clock';

import { bodyText } from './body-text.ts';
import { isPrivateAddress, PrivateHostError, publicLookup } from './private-hosts.ts';

const TIMEOUT_MS = 15_000;
const MAX_REDIRECTS = 5;
const PERMANENT = [301, 308];
const REDIRECTS = [...PERMANENT, 302, 303, 307];
/** `Retry-After` counts with these. */
const LATER = [429, 503];
const HEADERS = {
  Accept:
    'application/rss+xml, application/atom+xml, application/rdf+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1',
  'Accept-Encoding': 'gzip, deflate, br',
  'User-Agent': 'tapedeck',
};

/** Where to ask. One that a redirect has led to may not turn out to be private later. */
export type NewsPlace = { readonly url: string; readonly isPublic: boolean };

/** What a server said about the document that it sent, to be given back to it. */
export type Validators = {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
};

export type Fetched =
  | {
      readonly kind: 'document';
      readonly text: string;
      /** Where it was in the end. */
      readonly url: string;
      readonly validators: Validators;
      readonly movedTo: NewsPlace | undefined;
    }
  | { readonly kind: 'unchanged'; readonly movedTo: NewsPlace | undefined }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly why: string; readonly retryAfterMs?: number | undefined };

export class NewsFetch {
  readonly #clock: Clock;
  readonly #isPrivate: (address: string) => boolean;

  constructor(clock: Clock, isPrivate: (address: string) => boolean = isPrivateAddress) {
    this.#clock = clock;
    this.#isPrivate = isPrivate;
  }

  /** Never rejects. */
  async get(place: NewsPlace, validators: Validators, ended: AbortSignal): Promise<Fetched> {
    const late = new AbortController();
    const cancel = this.#clock.after(TIMEOUT_MS, () =>
      late.abort(new Error(`no whole answer within ${TIMEOUT_MS / 1_000} s`)),
    );
    const signal = AbortSignal.any([ended, late.signal]);
    try {
      return await this.#follow(place, validators, signal);
    } catch (error) {
      return { kind: 'failed', why: reasonOf(signal.aborted ? signal.reason : error) };
    } finally {
      cancel();
      // What is left of an answer is not wanted.
      late.abort();
    }
  }

  async #follow(
    first: NewsPlace,
    { etag, lastModified }: Validators,
    signal: AbortSignal,
  ): Promise<Fetched> {
    const headers = {
      ...HEADERS,
      ...(etag === undefined ? {} : { 'If-None-Match': etag }),
      ...(lastModified === undefined ? {} : { 'If-Modified-Since': lastModified }),
    };
    let place = first;
    let movedTo: NewsPlace | undefined;
    let isPermanent = true;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const response = await this.#ask(place, headers, signal);
      const { statusCode: status = 0 } = response;
      if (!REDIRECTS.includes(status)) return this.#answer(response, place, movedTo, signal);
      const { location } = response.headers;
      if (location === undefined || !URL.canParse(location, place.url))
        return failed(`its server answered ${status} without an address`);
      const url = new URL(location, place.url);
      if (!/^https?:$/.test(url.protocol))
        return failed(`it is redirected to ${url.protocol}, not http or https`);
      // Within a private network it may go on; from the public one it may not come in.
      const isPublic = place.isPublic || !this.#isPrivate(response.socket.remoteAddress ?? '');
      response.destroy();
      place = { url: url.href, isPublic };
      isPermanent &&= PERMANENT.includes(status);
      if (isPermanent) movedTo = place;
    }
    return failed(`more than ${MAX_REDIRECTS} redirects`);
  }

  async #answer(
    response: IncomingMessage,
    { url }: NewsPlace,
    movedTo: NewsPlace | undefined,
    signal: AbortSignal,
  ): Promise<Fetched> {
    const { statusCode: status = 0, headers } = response;
    if (status === 304) return { kind: 'unchanged', movedTo };
    if (status === 410) return { kind: 'gone' };
    if (status !== 200) {
      const retryAfterMs = LATER.includes(status)
        ? retryMs(headers['retry-after'], this.#clock.now())
        : undefined;
      return { kind: 'failed', why: `its server answered ${status}`, retryAfterMs };
    }
    const text = await bodyText(response);
    signal.throwIfAborted();
    const validators = { etag: headers.etag, lastModified: headers['last-modified'] };
    return { kind: 'document', text, url, validators, movedTo };
  }

  #ask(
    { url, isPublic }: NewsPlace,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const target = new URL(url);
    const host = target.hostname.replaceAll(/^\[|\]$/g, '');
    if (isPublic && isIP(host) !== 0 && this.#isPrivate(host))
      return Promise.reject(new PrivateHostError(host));
    const options: RequestOptions = {
      ...{ headers, signal, agent: false },
      ...(isPublic ? { lookup: publicLookup(this.#isPrivate) } : {}),
    };
    return new Promise((resolve, reject) => {
      const send = target.protocol === 'https:' ? secureRequest : plainRequest;
      send(target, options).on('response', resolve).on('error', reject).end();
    });
  }
}

function failed(why: string): Fetched {
  return { kind: 'failed', why };
}

function reasonOf(error: unknown): string {
  // Several addresses of one host that all fail are one error without a message.
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

function retryMs(header: string | undefined, now: EpochMs): number | undefined {
  const given = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(given)) return Number(given) * 1_000;
  const date = Date.parse(given);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
