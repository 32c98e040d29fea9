/*
 * Decides which stories of a document become headlines: each story once, whichever addresses have it and however often
 * the feed is restarted, and none under a time at which it was no news.
 */
import { createHash } from 'node:crypto';

import type { EpochMs } from '@tapedeck/market/number/level';

import { MAX_ITEMS, type NewsDocument, type Story } from './read/news-document.ts';
import { addressKey } from './read/story-address.ts';
import { RecentSet } from './recent-set.ts';

/** Older stories are not told: a feed that is new here has weeks of them. */
const MAX_AGE_MS = 24 * 3_600_000;
/** A publisher's clock may be ahead by so much; a later date is a mistake. */
const MAX_AHEAD_MS = 15 * 60_000;
/** New stories of one document that are told; of more, the newest. */
const MAX_TOLD = 100;
/** Told stories that are remembered; those before them are in the history. */
const REMEMBERED = 20_000;

/** What the history knows: which of these ids and links are those of stored headlines. */
export type KnownStories = (
  ids: readonly string[],
  links: readonly string[],
) => { readonly ids: ReadonlySet<string>; readonly links: ReadonlySet<string> };

export type ToldStory = { readonly id: string; readonly time: EpochMs; readonly story: Story };

/** What became of the items of an address; each counts once, however often it is read. */
export type StoryCounts = {
  told: number;
  /** Another item with its id or link was told: of this address, of another, or before a restart. */
  duplicate: number;
  /** Published more than a day before it was first read. */
  old: number;
  /** It was there at the first reading, without a usable date: its age is unknown. */
  undated: number;
  /** Without any text. */
  unusable: number;
  /** More at once than are told. */
  excess: number;
};

/** What is remembered of one address. */
export class StoryShelf {
  readonly counts: StoryCounts = {
    ...{ told: 0, duplicate: 0, old: 0, undated: 0, unusable: 0, excess: 0 },
  };
  readonly address: string;
  /** Twice the items of a document, so that none of it is forgotten while it is read. */
  readonly seen = new RecentSet(2 * MAX_ITEMS);
  isFirst = true;

  constructor(address: string) {
    this.address = address;
  }
}

export class StoryDesk {
  readonly #known: KnownStories;
  readonly #told = new RecentSet(2 * REMEMBERED);

  constructor(known: KnownStories) {
    this.#known = known;
  }

  /** The new stories of a document, oldest first, with the times under which they are told. */
  take(shelf: StoryShelf, document: NewsDocument, now: EpochMs): readonly ToldStory[] {
    const { counts, seen, isFirst } = shelf;
    shelf.isFirst = false;
    // Only a document that has changed is read, so these may count again.
    counts.unusable += document.unusable;
    counts.excess += document.excess;
    const fresh = document.stories
      .map((story) => ({ id: storyId(shelf.address, story), story }))
      .filter(({ id }) => !seen.has(id));
    for (const { id } of fresh) seen.add(id);
    const isStored = this.#stored(fresh);
    const told: ToldStory[] = [];
    for (const { id, story } of fresh) {
      const keys = keysOf(id, story);
      if (keys.some((key) => this.#told.has(key)) || isStored(id, story)) {
        counts.duplicate++;
        continue;
      }
      const time = timeOf(story, now, isFirst);
      if (typeof time !== 'number') {
        counts[time]++;
        continue;
      }
      for (const key of keys) this.#told.add(key);
      told.push({ id, time, story });
    }
    const newest = told.toSorted((a, b) => a.time - b.time).slice(-MAX_TOLD);
    counts.excess += told.length - newest.length;
    counts.told += newest.length;
    return newest;
  }

  #stored(
    fresh: readonly { readonly id: string; readonly story: Story }[],
  ): (id: string, story: Story) => boolean {
    if (fresh.length === 0) return () => false;
    const links = fresh.flatMap(({ story }) => linksOf(story));
    const known = this.#known(
      fresh.map(({ id }) => id),
      links,
    );
    return (id, story) => known.ids.has(id) || linksOf(story).some((link) => known.links.has(link));
  }
}

/** Published in the future is published now: no headline is from the future. */
function timeOf({ published }: Story, now: EpochMs, isFirst: boolean): EpochMs | 'old' | 'undated' {
  // Without a date, an item that was not there before is new.
  if (published === undefined || published > now + MAX_AHEAD_MS) return isFirst ? 'undated' : now;
  return published < now - MAX_AGE_MS ? 'old' : Math.min(published, now);
}

/** The same story of the same address has the same id, in every life of the feed. */
function storyId(address: string, { guid, link, title, published }: Story): string {
  const own = guid ?? link ?? `${title} ${published ?? ''}`;
  return `rss-${createHash('sha256').update(`${address} ${own}`).digest('base64url').slice(0, 22)}`;
}

function keysOf(id: string, { link, hasOwnLink }: Story): readonly string[] {
  return link !== undefined && hasOwnLink ? [id, addressKey(link)] : [id];
}

/** Its link, with either scheme, where it is this story's alone. */
function linksOf({ link, hasOwnLink }: Story): readonly string[] {
  if (link === undefined || !hasOwnLink) return [];
  return ['http:', 'https:'].map((scheme) => scheme + addressKey(link));
}
