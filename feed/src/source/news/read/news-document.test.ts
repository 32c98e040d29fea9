/* Documents as publishers really write them, and what must not be made of those that are wrong. */
import { expect, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';

import { readNewsDocument } from './news-document.ts';
import { newsTime } from './news-time.ts';

const AT = 'https://wire.example/feeds/all.xml';
const NOON = Date.UTC(2026, 9, 8, 12);

const RSS = `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Coin &amp;amp; Wire</title><link>https://wire.example/</link><description>d</description>
<item>
  <title><![CDATA[Bitcoin <b>rises</b> &#8216;again&#8217;,
     5 < 6 <script>alert(1)</script>]]></title>
  <link>https://wire.example/1?id=7&amp;utm_source=rss&amp;utm_medium=x</link>
  <guid isPermaLink="false">wire-1</guid>
  <pubDate>Thu, 08 Oct 2026 08:00:00 -0400</pubDate>
  <category>Markets</category><category domain="d">Ether</category>
</item>
<item><title>AT&amp;T &lt;i&gt;buys&lt;/i&gt; &amp;quot;it&amp;quot;</title><guid>/2</guid><dc:date>2026-10-08T12:00:00Z</dc:date></item>
<item><guid>https://wire.example/3</guid><description>&lt;p&gt;No title, &lt;em&gt;only&lt;/em&gt; text&lt;/p&gt;</description><pubDate>yesterday</pubDate></item>
<item><link>javascript:alert(1)</link><title>\u202eevil\u0007 link</title></item>
<item><link>https://wire.example/5</link></item>
<item><title>Home</title><link>https://wire.example/</link></item>
</channel></rss>`;

test('P37b: titles of RSS 2.0 become plain text, links absolute and without tracking, dates times', () => {
  const { title, stories, unusable } = readNewsDocument(RSS, AT);
  expect(title).toBe('Coin & Wire');
  expect(unusable).toBe(1);
  expect(stories).toEqual([
    {
      guid: 'wire-1',
      title: 'Bitcoin rises ‘again’, 5 < 6',
      link: 'https://wire.example/1?id=7',
      hasOwnLink: true,
      labels: ['Markets', 'Ether'],
      published: NOON,
    },
    story({ guid: '/2', title: 'AT&T buys "it"', published: NOON }),
    story({
      guid: 'https://wire.example/3',
      link: 'https://wire.example/3',
      hasOwnLink: true,
      title: 'No title, only text',
    }),
    story({ title: 'evil link' }),
    // The whole site is no story of its own.
    story({ title: 'Home', link: 'https://wire.example/' }),
  ]);
});

function story(parts: object): object {
  return {
    ...{ guid: undefined, link: undefined, hasOwnLink: false, labels: [], published: undefined },
    ...parts,
  };
}

test('RSS 1.0 (RDF), with letters beyond Latin', () => {
  const text = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
    <channel rdf:about="https://r.example/"><title>新聞</title><link>https://r.example/</link></channel>
    <item rdf:about="https://r.example/1"><title>比特币价格上涨</title><link>https://r.example/1</link>
      <dc:date>2026-10-08T21:00:00+09:00</dc:date><dc:subject>市場</dc:subject></item></rdf:RDF>`;
  const { title, stories } = readNewsDocument(text, AT);
  expect(title).toBe('新聞');
  expect(stories).toEqual([
    story({
      guid: 'https://r.example/1',
      title: '比特币价格上涨',
      link: 'https://r.example/1',
      hasOwnLink: true,
      labels: ['市場'],
      published: NOON,
    }),
  ]);
});

test('Atom: text is not HTML unless it says so, and the alternate link is the story', () => {
  const text = `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://a.example/b/">
    <title type="text">A &lt;b&gt; C</title><link rel="self" href="https://a.example/feed"/><id>urn:a</id>
    <entry><id>urn:1</id><title type="html">Up &lt;b&gt;10 %&lt;/b&gt; &amp;amp; more</title>
      <link rel="enclosure" href="x.mp3"/><link href="one"/><published>2026-10-08T14:00:00+02:00</published><updated>2026-10-09T00:00:00Z</updated><category term="btc" label="Bitcoin"/></entry>
    <entry><id>urn:2</id><title>1 &lt; 2 &amp; "x" &lt;b&gt;</title><updated>2026-10-08T12:00:00.5Z</updated></entry></feed>`;
  const { title, stories } = readNewsDocument(text, AT);
  expect(title).toBe('A <b> C');
  expect(stories).toEqual([
    story({
      guid: 'urn:1',
      title: 'Up 10 % & more',
      link: 'https://a.example/b/one',
      hasOwnLink: true,
      labels: ['Bitcoin'],
      published: NOON,
    }),
    story({ guid: 'urn:2', title: '1 < 2 & "x" <b>', published: NOON + 500 }),
  ]);
});

test('items that share a link are told apart by their ids', () => {
  const item = (id: number): string =>
    `<item><title>Notice ${id}</title><guid isPermaLink="false">${id}</guid><link>https://x.example/notices</link></item>`;
  const { stories } = readNewsDocument(
    `<rss version="2.0"><channel><title>x</title>${item(1)}${item(2)}</channel></rss>`,
    AT,
  );
  expect(stories.map(({ hasOwnLink }) => hasOwnLink)).toEqual([false, false]);
});

test('long text is cut, never within a character', () => {
  const long = '😀'.repeat(400);
  const { stories } = readNewsDocument(
    `<rss version="2.0"><channel><title>${long}</title><item><title>${long}</title></item></channel></rss>`,
    AT,
  );
  const title = stories[0]?.title ?? '';
  expect(title.length).toBeLessThanOrEqual(300);
  expect(title).toMatch(/^(😀)+…$/u);
});

const BOMB = `<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">${Array.from(
  { length: 9 },
  (_, i) => `<!ENTITY ${'bcdefghij'[i]} "${`&${'abcdefghi'[i]};`.repeat(10)}">`,
).join('')}]><rss version="2.0"><channel><title>&j;</title></channel></rss>`;
test.each([
  ['an entity bomb', BOMB, 'declares entities'],
  [
    'an external entity',
    '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><title>&x;</title></channel></rss>',
    'declares entities',
  ],
  ['a web page', '<!DOCTYPE html><html><body>Log in</body></html>', 'a web page, not a feed'],
  ['nothing', '', 'no valid RSS'],
  ['a cut document', RSS.slice(0, 700), 'no valid RSS'],
  ['other JSON', '{"items":[]}', 'no valid RSS'],
  ['a deep tree', `<rss version="2.0"><channel>${'<item>'.repeat(50_000)}`, 'no valid RSS'],
])('%s is refused', (_, text, why) => {
  expect(() => readNewsDocument(text, AT)).toThrow(why);
});

test('a document type without entities, as in RSS 0.91, is read', () => {
  const text = `<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://x.example/rss.dtd"><rss version="0.91"><channel><title>t</title><item><title>How &lt;!ENTITY works</title></item></channel></rss>`;
  expect(readNewsDocument(text, AT).stories).toHaveLength(1);
});

test('more items than are read are counted', () => {
  const items = Array.from({ length: 1_003 }, (_, i) => `<item><title>${i}</title></item>`);
  const text = `<rss version="2.0"><channel><title>t</title>${items.join('')}</channel></rss>`;
  const { stories, excess } = readNewsDocument(text, AT);
  expect([stories.length, excess]).toEqual([1_000, 3]);
});

test('however a document is damaged, it is read or refused with a reason', () => {
  const seed = Number(process.env['NEWS_SEED'] ?? 7);
  const random = new Random(seed);
  for (let run = 0; run < 400; run++) {
    const cut = RSS.split('');
    for (let i = random.integer(1, 6); i > 0; i--) {
      const at = random.integer(0, cut.length - 1);
      cut.splice(
        at,
        random.integer(0, 40),
        random.pick(['', '<', '&', '\0', ']]>', '"', '<item>']),
      );
    }
    try {
      for (const { title, link } of readNewsDocument(cut.join(''), AT).stories) {
        expect(title, `seed ${seed}, run ${run}`).toMatch(/^[^\p{Cc}\u202e]{1,300}$/u);
        if (link !== undefined) expect(link).toMatch(/^https?:\/\//);
      }
    } catch (error) {
      expect((error as Error).message, `seed ${seed}, run ${run}`).toMatch(/^it (is|declares) /);
    }
  }
});

test.each([
  ['Thu, 08 Oct 2026 12:00:00 GMT', NOON],
  ['Thu, 8 Oct 2026 08:00:00 EDT', NOON],
  ['Thu, 08 Oct 2026 14:00:00 CEST', NOON],
  ['2026-10-08T21:00:00+09:00', NOON],
  // Without a zone: UTC, whatever zone this machine is in.
  ['2026-10-08T12:00:00', NOON],
  ['2026-10-08 12:00:00', NOON],
  ['8 Oct 2026 12:00', NOON],
  ['2026-10-08', NOON - 12 * 3_600_000],
  ['Do, 08 Okt 2026 12:00:00 +0200', undefined],
  ['0', undefined],
  ['Thu, 01 Jan 1970 00:00:00 GMT', undefined],
  ['', undefined],
  [undefined, undefined],
])('the date %j is %j', (text, time) => {
  expect(newsTime(text)).toBe(time);
});
