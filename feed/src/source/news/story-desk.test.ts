/* Each story becomes a headline once: across documents, addresses and restarts, with a real history. */
import { afterEach, beforeEach, expect, test } from 'vitest';

import { TestHistory } from '@tapedeck/db/test/test-history';
import { Random } from '@tapedeck/market/number/random';

import { MAX_ITEMS, type NewsDocument, type Story } from './read/news-document.ts';
import { StoryDesk, StoryShelf, type ToldStory } from './story-desk.ts';

const NOW = 1_760_000_000_000;
const HOUR = 3_600_000;
const A = 'https://a.example/rss';
const B = 'https://b.example/atom';

let disk: TestHistory;
beforeEach(() => {
  disk = new TestHistory();
});
afterEach(() => disk.close());

function story(parts: Partial<Story> = {}): Story {
  return {
    ...{ guid: undefined, title: 'Title', link: undefined, labels: [], published: NOW - HOUR },
    hasOwnLink: parts.link !== undefined,
    ...parts,
  };
}

function documentOf(...stories: readonly Story[]): NewsDocument {
  return { title: 'Wire', stories, unusable: 0, excess: 0 };
}

/** One life of a feed. What it tells is in the history only after a commit, as with a recorder. */
class Life {
  readonly #desk = new StoryDesk((...asked) => disk.history.events.knownHeadlines(...asked));
  readonly #shelves = new Map<string, StoryShelf>();
  readonly #told: ToldStory[] = [];

  shelf(address: string): StoryShelf {
    const shelf = this.#shelves.get(address) ?? new StoryShelf(address);
    this.#shelves.set(address, shelf);
    return shelf;
  }

  read(address: string, stories: readonly Story[], now = NOW): readonly ToldStory[] {
    const told = this.#desk.take(this.shelf(address), documentOf(...stories), now);
    this.#told.push(...told);
    return told;
  }

  commit(): void {
    for (const { id, time, story: told } of this.#told.splice(0)) {
      const about = told.link === undefined ? {} : { link: told.link };
      const body = { id, time, source: 'x', symbols: [], title: told.title, ...about };
      disk.history.events.append({ id: '', topic: 'news', body });
    }
  }
}

test('P37a: a story is told under the time at which it was published, never under a later or a future one', () => {
  const life = new Life();
  const stories = [
    story({ guid: 'ahead', published: NOW + 60_000 }),
    story({ guid: 'day', published: NOW - 23 * HOUR }),
    story({ guid: 'old', published: NOW - 25 * HOUR }),
    story({ guid: 'far', published: NOW + HOUR }),
    story({ guid: 'none', published: undefined }),
  ];
  const told = life.read(A, stories);
  expect(told.map((each) => [each.story.guid, each.time])).toEqual([
    ['day', NOW - 23 * HOUR],
    ['ahead', NOW],
  ]);
  const { counts } = life.shelf(A);
  expect(counts).toMatchObject({ told: 2, old: 1, undated: 2, duplicate: 0 });
  // Read again they do not count again, and what comes now without a date is new.
  const later = life.read(A, [...stories, story({ guid: 'new', published: undefined })], NOW + 9);
  expect(later.map((each) => [each.story.guid, each.time])).toEqual([['new', NOW + 9]]);
  expect(counts).toMatchObject({ told: 3, old: 1, undated: 2, duplicate: 0 });
});

test('P37: the same link at two addresses is one story; the same id at two addresses is two', () => {
  const life = new Life();
  life.read(A, [story({ guid: '1', link: 'https://x.example/1' }), story({ guid: '2' })]);
  const told = life.read(B, [
    story({ guid: '9', link: 'http://x.example/1' }),
    story({ guid: '2' }),
  ]);
  expect(told.map((each) => each.story.guid)).toEqual(['2']);
  expect(life.shelf(B).counts).toMatchObject({ told: 1, duplicate: 1 });
});

test('an item whose id changes with every correction is one story', () => {
  const life = new Life();
  const link = 'https://x.example/1';
  for (const guid of ['1#0', '1#1', '1#2']) life.read(A, [story({ guid, link })]);
  expect(life.shelf(A).counts).toMatchObject({ told: 1, duplicate: 2 });
});

test('items that share one link are told apart, also after a restart', () => {
  const shared = { link: 'https://x.example/notices', hasOwnLink: false };
  const first = new Life();
  expect(
    first.read(A, [story({ guid: '1', ...shared }), story({ guid: '2', ...shared })]),
  ).toHaveLength(2);
  first.commit();
  const second = new Life();
  const told = second.read(
    A,
    [1, 2, 3].map((guid) => story({ guid: `${guid}`, ...shared })),
  );
  expect(told.map((each) => each.story.guid)).toEqual(['3']);
  expect(second.shelf(A).counts).toMatchObject({ told: 1, duplicate: 2 });
});

test('of very many new stories the newest are told, and the others counted', () => {
  const life = new Life();
  const stories = Array.from({ length: MAX_ITEMS }, (_, i) =>
    story({ guid: `${i}`, published: NOW - i }),
  );
  const told = life.read(A, stories);
  expect(told.map((each) => each.time)).toEqual(
    Array.from({ length: 100 }, (_, i) => NOW - 99 + i),
  );
  expect(life.shelf(A).counts).toMatchObject({ told: 100, excess: MAX_ITEMS - 100 });
  expect(life.read(A, stories)).toEqual([]);
  expect(life.shelf(A).counts).toMatchObject({ told: 100, excess: MAX_ITEMS - 100, duplicate: 0 });
});

test('P37: however documents overlap and the feed restarts, each story is told exactly once', () => {
  const seed = Number(process.env['NEWS_SEED'] ?? 11);
  const random = new Random(seed);
  for (let run = 0; run < 6; run++) {
    const told = new Map<string, number>();
    const offered = new Set<string>();
    let life = new Life();
    for (let newest = 10; newest < 160; newest += random.integer(0, 9)) {
      if (random.chance(0.2)) life.commit();
      if (random.chance(0.15)) {
        life.commit();
        life = new Life();
      }
      const address = random.pick([A, B, 'https://c.example/rdf']);
      const window = Array.from({ length: random.integer(1, 10) }, (_, i) => newest - i);
      const stories = window.map((n) => {
        const scheme = random.pick(['http', 'https']);
        // A correction may change the id, and the link may come without one.
        const guid = random.pick([undefined, `${run}/${n}`, `${run}/${n}#${random.integer(1, 3)}`]);
        offered.add(`${run} ${n}`);
        return story({ title: `${run} ${n}`, guid, link: `${scheme}://x.example/${run}/${n}` });
      });
      if (random.chance(0.5)) stories.reverse();
      for (const each of life.read(address, stories)) {
        const { title } = each.story;
        told.set(title, (told.get(title) ?? 0) + 1);
      }
    }
    const wrong = [...offered].filter((title) => told.get(title) !== 1);
    expect(wrong, `NEWS_SEED=${seed}, run ${run}`).toEqual([]);
  }
});
