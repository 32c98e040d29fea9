/*
 * Reads a document of RSS 0.9 to 2.0, RDF (RSS 1.0), Atom or JSON Feed into plain stories. The parser is a library;
 * this file decides what of a document is used, and bounds it.
 */
import { parseFeed } from 'feedsmith';

import type { EpochMs } from '@tapedeck/market/number/level';

import { newsTime } from './news-time.ts';
import { oneLine, plainText } from './plain-text.ts';
import { addressKey, isSiteRoot, storyAddress } from './story-address.ts';

/** One item, as its publisher states it. */
export type Story = {
  /** The publisher's id of it, unique at best within its feed. */
  readonly guid: string | undefined;
  readonly title: string;
  readonly link: string | undefined;
  /** Whether the link is this story's alone, so that another item with it is the same story. */
  readonly hasOwnLink: boolean;
  /** Its categories, in which words are looked for, too. */
  readonly labels: readonly string[];
  /** When it was published; undefined if it says nothing that can be a date. */
  readonly published: EpochMs | undefined;
};

export type NewsDocument = {
  /** The feed's own name; may be empty. */
  readonly title: string;
  /** As many as are read, in the document's order. */
  readonly stories: readonly Story[];
  /** Items without any text. */
  readonly unusable: number;
  /** Items beyond the limit. */
  readonly excess: number;
};

/** Items that are looked at; most feeds have 10 to 100. */
export const MAX_ITEMS = 1_000;
/** As that of a pushed headline. */
const MAX_TITLE = 300;
const MAX_SOURCE = 60;
const MAX_GUID = 2_000;
const MAX_LABELS = 20;
/** A title made of the text of an item without one. */
const MAX_EXCERPT = 160;

type Raw = {
  readonly guid?: string | undefined;
  readonly title: string;
  readonly excerpt?: string | undefined;
  readonly link?: string | undefined;
  readonly labels: readonly (string | undefined)[];
  readonly date?: string | undefined;
};

/** @throws Error whose message says why it is no such document. */
export function readNewsDocument(text: string, address: string): NewsDocument {
  refuseEntities(text);
  const { title, home, items } = partsOf(text);
  const stories: Omit<Story, 'hasOwnLink'>[] = [];
  let unusable = 0;
  for (const raw of items.slice(0, MAX_ITEMS)) {
    const story = storyOf(raw, address);
    if (story === undefined) unusable++;
    else stories.push(story);
  }
  const homeLink = storyAddress(home, address);
  const uses = new Map<string, number>();
  for (const { link } of stories)
    if (link !== undefined) uses.set(addressKey(link), (uses.get(addressKey(link)) ?? 0) + 1);
  const isOwn = (link: string): boolean =>
    uses.get(addressKey(link)) === 1 && link !== homeLink && !isSiteRoot(link);
  return {
    title: oneLine(title, MAX_SOURCE),
    stories: stories.map((story) => ({
      ...story,
      hasOwnLink: story.link !== undefined && isOwn(story.link),
    })),
    unusable,
    excess: Math.max(0, items.length - MAX_ITEMS),
  };
}

/** The parser expands none that a document declares itself; this says so instead of showing `&name;` in a title. */
function refuseEntities(text: string): void {
  const doctype = text.search(/<!DOCTYPE/i);
  const root = text.search(/<(?:rss|feed|[a-z]+:RDF)\b/i);
  if (doctype >= 0 && doctype < root && /<!ENTITY/i.test(text.slice(doctype, root)))
    throw new Error('it declares entities of its own, which are never expanded');
}

function storyOf(raw: Raw, address: string): Omit<Story, 'hasOwnLink'> | undefined {
  const title = raw.title === '' ? plainText(raw.excerpt ?? '', MAX_EXCERPT) : raw.title;
  if (title === '') return undefined;
  const guid = raw.guid?.trim().slice(0, MAX_GUID);
  return {
    guid: guid === '' ? undefined : guid,
    title,
    link: storyAddress(raw.link, address),
    labels: raw.labels
      .slice(0, MAX_LABELS)
      .map((label) => plainText(label ?? '', MAX_SOURCE))
      .filter((label) => label !== ''),
    published: newsTime(raw.date),
  };
}

type Parts = {
  readonly title: string;
  readonly home: string | undefined;
  readonly items: readonly Raw[];
};

type Parsed = ReturnType<typeof parseFeed<string>>;
type FeedOf<F extends Parsed['format']> = Extract<Parsed, { readonly format: F }>['feed'];

function partsOf(text: string): Parts {
  const { format, feed } = parsed(text);
  switch (format) {
    case 'rss':
      return rssParts(feed);
    case 'rdf':
      return rdfParts(feed);
    case 'atom':
      return atomParts(feed);
    case 'json':
      return jsonParts(feed);
  }
}

function parsed(text: string): Parsed {
  try {
    return parseFeed(text);
  } catch (error) {
    const isHtml = /^\s*(?:<!DOCTYPE html|<html)/i.test(text.slice(0, 500));
    const what = isHtml ? 'a web page, not a feed' : 'no valid RSS, Atom or JSON feed';
    throw new Error(`it is ${what}`, { cause: error });
  }
}

function rssParts(feed: FeedOf<'rss'>): Parts {
  const items = (feed.items ?? []).map((item): Raw => {
    const { guid } = item;
    // The id of an item is its address, unless it says otherwise.
    const permalink = guid?.isPermaLink === false ? undefined : guid?.value;
    const isAddress = /^https?:/i.test(permalink ?? '');
    return {
      guid: guid?.value,
      title: plainText(item.title ?? '', MAX_TITLE),
      excerpt: item.description,
      link: item.link ?? (isAddress ? permalink : undefined),
      labels: (item.categories ?? []).map((each) => each?.name),
      date: item.pubDate ?? item.dc?.dates?.[0] ?? item.atom?.published ?? item.atom?.updated,
    };
  });
  return { title: plainText(feed.title ?? '', MAX_SOURCE), home: feed.link, items };
}

function rdfParts(feed: FeedOf<'rdf'>): Parts {
  const items = (feed.items ?? []).map((item) => ({
    guid: item.rdf?.about,
    title: plainText(item.title ?? '', MAX_TITLE),
    excerpt: item.description,
    link: item.link ?? item.rdf?.about,
    labels: item.dc?.subjects ?? [],
    date: item.dc?.dates?.[0],
  }));
  return { title: plainText(feed.title ?? '', MAX_SOURCE), home: feed.link, items };
}

function atomParts(feed: FeedOf<'atom'>): Parts {
  const base = feed.xml?.base;
  const items = (feed.entries ?? []).map((entry) => {
    const link = alternate(entry.links);
    return {
      guid: entry.id,
      title: atomText(entry.title, MAX_TITLE),
      excerpt: entry.summary?.value ?? entry.content?.value,
      link:
        link !== undefined && base !== undefined && URL.canParse(link, base)
          ? new URL(link, base).href
          : link,
      labels: (entry.categories ?? []).map((each) => each?.label ?? each?.term),
      date: entry.published ?? entry.updated,
    };
  });
  return { title: atomText(feed.title, MAX_SOURCE), home: alternate(feed.links), items };
}

function jsonParts(feed: FeedOf<'json'>): Parts {
  const items = (feed.items ?? []).map((item) => ({
    guid: item.id,
    title: oneLine(item.title ?? '', MAX_TITLE),
    excerpt: item.content_text ?? item.content_html,
    link: item.url ?? item.external_url,
    labels: item.tags ?? [],
    date: item.date_published ?? item.date_modified,
  }));
  return { title: oneLine(feed.title ?? '', MAX_SOURCE), home: feed.home_page_url, items };
}

/** Text of the type `text`, the default, is not HTML. */
function atomText(
  text: { readonly value?: string; readonly type?: string } | undefined,
  max: number,
) {
  const { value = '', type } = text ?? {};
  return type === 'html' || type === 'xhtml' ? plainText(value, max) : oneLine(value, max);
}

type Links = readonly ({ readonly href?: string; readonly rel?: string } | undefined)[] | undefined;

function alternate(links: Links): string | undefined {
  return links?.find((link) => (link?.rel ?? 'alternate') === 'alternate')?.href;
}
