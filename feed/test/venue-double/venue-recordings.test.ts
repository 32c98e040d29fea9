/*
 * Recorded frames, as live markets. The expected books are those that an independent program made of the frames;
 * that no state is reported means that every checksum and sequence in them holds.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import type { MarketEvent } from '@tapedeck/market/instrument/market-event';
import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';

import { Ingest } from '../../src/engine/ingest.ts';
import { MarketEngine } from '../../src/engine/market-engine.ts';
import { VenueSource } from '../../src/source/venue/venue-source.ts';
import type { AuditCounts } from '../../src/venue/live-venue.ts';
import { LIVE_VENUES } from '../../src/venue/live/live-venues.ts';
import { FIXTURES } from '../import/test-fixtures.ts';
import { bitstampTalk } from './double-bitstamp.ts';
import { bybitTalk } from './double-bybit.ts';
import { deribitTalk } from './double-deribit.ts';
import { okxTalk } from './double-okx.ts';
import { type PlayedFrame, PlaybackDouble, playbackSpeech } from './double-playback.ts';
import { DoubleVenue } from './double-venue.ts';
import { DoubleWire } from './double-wire.ts';
import { hashOfBook } from './test-venue-rig.ts';

const OWN = fileURLToPath(new URL('../../fixtures/', import.meta.url));

type Played = {
  /** States after the book began. */
  readonly states: readonly string[];
  readonly hash: string | undefined;
  readonly trades: number;
  readonly audits: AuditCounts | undefined;
};

function play(
  name: string,
  id: string,
  frames: readonly PlayedFrame[],
  speech: ReturnType<typeof playbackSpeech>,
  moreMs = 0,
): Played {
  const clock = new ManualClock();
  const market = new PlaybackDouble(id, frames);
  const double = new DoubleVenue(clock, speech, [market]);
  const venue = LIVE_VENUES.get(name);
  if (venue === undefined) throw new Error(`no venue ${name}`);
  const engine = new MarketEngine({ clock, nextEpoch: () => 'e', candles: () => [] });
  const ingest = new Ingest(engine, () => undefined);
  const origins = { socket: 'ws://double:1', http: 'http://double:1' };
  const source = new VenueSource({
    ...{ wanted: [{ venue, origins, markets: [id] }], clock, random: new Random(1) },
    wire: new DoubleWire(clock, double),
  });
  const said: MarketEvent[] = [];
  double.start();
  source.start((event) => {
    said.push(event);
    ingest.sink(event);
  });
  clock.advance(market.lengthMs + 100 + moreMs);
  const audits = source.audits(`${id}@${name}`);
  source.close();
  double.stop();
  const live = engine.market(`${id}@${name}`);
  return {
    states: said.flatMap((event) =>
      event.type === 'state' ? [`${event.state} ${event.reason}`] : [],
    ),
    hash: live && hashOfBook(live),
    trades: said.filter(({ type }) => type === 'trade').length,
    audits,
  };
}

/** Lines of a recorder: a receive time in seconds and a frame. */
function okxFrames(text: string, id: string): readonly PlayedFrame[] {
  return text.split('\n').flatMap((line) => {
    const [, seconds, frame = ''] = /^(\d{10}\.\d+): (\{"arg".*)$/.exec(line) ?? [];
    const channel = /"channel":"(books|trades)"/.exec(frame)?.[1];
    if (channel === undefined || !frame.includes(`"${id}"`)) return [];
    return [{ at: Number(seconds) * 1_000, stream: `${channel} ${id}`, text: frame }];
  });
}

const FUTURE = 'c8080ca82dd8f6504be9a7a66d66a23e26e2fbded8f48f807e2fef5f2977c853';

test('OKX: an excerpt gives the recorded book, and each of its checksums holds', () => {
  const text = gunzipSync(readFileSync(`${OWN}okx-20220513/btc-usd-220527.txt.gz`)).toString();
  const frames = okxFrames(text, 'BTC-USD-220527');
  expect(play('okx', 'BTC-USD-220527', frames, playbackSpeech(okxTalk))).toMatchObject({
    ...{ states: [], hash: FUTURE, trades: 4 },
  });
  // One altered digit is noticed by the next checksum.
  const altered = frames.map((frame, i) =>
    i === 50 ? { ...frame, text: frame.text.replace(/\["(\d+)\.\d","\d/, '["$1.9","7') } : frame,
  );
  expect(play('okx', 'BTC-USD-220527', altered, playbackSpeech(okxTalk)).states).toContain(
    'syncing checksum',
  );
});

const OKX = join(FIXTURES, 'cryptofeed/OKX.ws.1.0');

test.skipIf(!existsSync(OKX)).each([
  ['BTC-USD-220527', FUTURE],
  ['UNI-USD-SWAP', 'dbed8f809c55142f489e4544bb20c751ad3b5dd53541a215cf4f1a8a56079749'],
  ['BTC-USDT', 'fed1afd4529dec27133fba1ec795e46532769223668db7cd43eb18a65e366a12'],
])('OKX: the recording of %s gives its book, and each of its checksums holds', (id, hash) => {
  const frames = okxFrames(readFileSync(OKX, 'utf8'), id);
  expect(play('okx', id, frames, playbackSpeech(okxTalk))).toMatchObject({ states: [], hash });
});

type BybitFrame = {
  topic?: string;
  ts: number;
  data: { seq: number; b: string[][]; a: string[][] };
};

test('Bybit: a recorded session gives its book, its trades, and no gap in u', () => {
  const text = gunzipSync(readFileSync(`${OWN}bybit-20260913/btcusdt.ndjson.gz`)).toString();
  const frames = text.split('\n').flatMap((line): readonly PlayedFrame[] => {
    const { topic = '', ts } = (line === '' ? {} : JSON.parse(line)) as Partial<BybitFrame>;
    return ts === undefined ? [] : [{ at: ts, stream: topic, text: line }];
  });
  // The snapshot was sent after the first frame of another topic, and says a later time.
  expect(frames.filter(({ stream }) => stream.startsWith('orderbook.50')).length).toBe(19);
  const speech = playbackSpeech(bybitTalk('spot'));
  const { hash, trades, states, audits } = play('bybit', 'BTCUSDT', frames, speech);
  // The best levels that the venue states equal the book's, wherever both are of the same seq: of 13, one is of the
  // snapshot, and one is stated twice.
  expect({ hash, trades, audits }).toEqual({
    audits: { made: 11, matched: 11, mismatched: 0 },
    hash: '0ab469e8cc98176f0274c717854666d8302b72bcc400225f23c78946afdb5693',
    trades: 8,
  });
  // It pauses for up to 3.3 s, which nothing shows to be usual yet; there is neither a gap nor a reset.
  expect(new Set(states)).toEqual(new Set(['stale upstream-silent', 'ok upstream-silent']));
});

const PAIR = join(FIXTURES, 'venues/bybit/gct.bybit_v5_public.ndjson');

test.skipIf(!existsSync(PAIR))('Bybit: a snapshot and the next delta give the stated book', () => {
  const frames = readFileSync(PAIR, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"orderbook.50.BTCUSDT"'))
    .map((text, at): PlayedFrame => ({ at, stream: 'orderbook.50.BTCUSDT', text }));
  expect(play('bybit', 'BTCUSDT', frames, playbackSpeech(bybitTalk('spot')))).toMatchObject({
    ...{ states: [], hash: 'cf48a15093630c3d60863eeb69e0bd12d0347add0114c9a106d7e98f0df82f6e' },
  });
});

const DERIBIT = 'book.BTC-PERPETUAL.100ms';
type DeribitFrame = { params?: { data: { timestamp: number } } };

test('Deribit: the gap in a recording is noticed, and the next snapshot heals it', () => {
  const text = gunzipSync(
    readFileSync(`${OWN}deribit-20200622/btc-perpetual.ndjson.gz`),
  ).toString();
  // The recording has the channel of every change, which needs a login.
  const frames = text.split('\n').flatMap((line): readonly PlayedFrame[] => {
    const { params } = (line === '' ? {} : JSON.parse(line)) as DeribitFrame;
    if (params === undefined) return [];
    const sent = line.replace('book.BTC-PERPETUAL.raw', DERIBIT);
    return [{ at: params.data.timestamp, stream: DERIBIT, text: sent }];
  });
  expect(frames.length).toBe(5);
  const whole = play('deribit', 'BTC-PERPETUAL', frames.slice(0, -1), playbackSpeech(deribitTalk));
  expect(whole.hash).toBe('326695460756d96219d99217110eb2c579b4d06d046d99439f43fa1edf11af24');
  expect(whole.states).not.toContain('syncing upstream-gap');

  let asked = 0;
  const snapshot = (frames[0]?.text ?? '')
    .replace('4095205325', '4095205464')
    .replace('1592820067334', '1592820077300');
  const healing = playbackSpeech(deribitTalk, (stream) =>
    stream !== DERIBIT || asked++ === 0 ? [] : [snapshot],
  );
  const healed = play('deribit', 'BTC-PERPETUAL', frames, healing, 1_000);
  expect(healed.states.slice(-1)).toEqual(['syncing upstream-gap']);
  expect(healed.states.filter((state) => state === 'syncing upstream-gap').length).toBe(1);
  // The book's only one, and not the one that the last change would have made of it.
  const first = play('deribit', 'BTC-PERPETUAL', frames.slice(0, 1), playbackSpeech(deribitTalk));
  expect(healed.hash).toBe(first.hash);
});

/** The book by REST, and the frames of one market: lines of a recorder. */
function bitstampOf(lines: readonly string[], id: string) {
  const rest = lines.flatMap((line) => {
    const [, market, body] = /^https:.*\/order_book\/(\w+) -> [\d.]+: (\{.*)$/.exec(line) ?? [];
    return market === id && body !== undefined ? [body] : [];
  });
  const frames = lines.flatMap((line) => {
    const [, seconds, text = ''] = /^(\d{10}\.\d+): (\{.*)$/.exec(line) ?? [];
    const stream = /"channel":"(\w+)","event":"(?:data|trade)"/.exec(text)?.[1];
    if (stream === undefined || !stream.endsWith(`_${id}`)) return [];
    return [{ at: Number(seconds) * 1_000, stream, text }];
  });
  const speech = {
    ...playbackSpeech(bitstampTalk),
    rest: ({ pathname }: URL) => (pathname === `/api/v2/order_book/${id}/` ? rest[0] : undefined),
  };
  return [id, frames, speech] as const;
}

const BATBTC = 'f3937bba3aac3ce9d363ff9f5628bad64edcb0982892cb9b2bbd079b80d174b0';

test('Bitstamp: an excerpt gives the recorded book', () => {
  const text = gunzipSync(readFileSync(`${OWN}bitstamp-20220105/batbtc.txt.gz`)).toString();
  expect(play('bitstamp', ...bitstampOf(text.split('\n'), 'batbtc'))).toMatchObject({
    ...{ states: [], hash: BATBTC, trades: 0 },
  });
});

const BITSTAMP = join(FIXTURES, 'cryptofeed/BITSTAMP');

test.skipIf(!existsSync(`${BITSTAMP}.ws.1.0`)).each([
  ['ethusd', 10, '728da49b2876566785c28f835621281872cd2cd049e975dfc6fa5e249594095d'],
  // One size is too large to count in steps of 0.00000001, so there is no book.
  ['xrpeur', 0, undefined],
  ['bateur', 0, '4f91922fac98edd79f25327cb3327a12e38cac2983d48b060d8cfb866eadea3f'],
  ['usdteur', 0, 'e2860f7f0dfd71644c781a1226275b04f5cd9fb93c63429cbb374c0c3c375f83'],
  ['usdtusd', 0, '9d418432c56c484db9fedb284b2ee86b5f71b3de179636e5ae06e31f98b34a76'],
  ['xlmgbp', 0, 'd7af8fb0eb48328745c756c4d15bff2ca820cbb642d6cc69786ba8ea724e26b4'],
  ['adaeur', 0, '062b2628ad5e701bb1fb279d471dcd7c26338fb63f2e938586f92e47037f8f86'],
  ['batbtc', 0, BATBTC],
  ['galaeur', 0, '451bd73009df6dab58310ebcfce1cd222a4e1e62586fa1cd56ce1c1fe482d6f1'],
] as const)('Bitstamp: the recording of %s gives its book and trades', (id, trades, hash) => {
  const lines = ['http.0.0', 'ws.1.0'].flatMap((part) =>
    readFileSync(`${BITSTAMP}.${part}`, 'utf8').split('\n'),
  );
  const played = play('bitstamp', ...bitstampOf(lines, id));
  expect(played).toMatchObject({ hash, trades });
});
