/*
 * `npm run bench -- wire [--db FILE]`: bytes and CPU of the two forms of the wire, without sockets. The messages are
 * those of `book:SYMBOL:25:TIER` and `trades:SYMBOL`, from the real engine and hub on a manual clock: for the market of
 * the fan-out bench, and for every session of a named history.
 */
import { parseArgs } from 'node:util';

import { openHistory } from '@tapedeck/db/history';
import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { MarketEvent } from '@tapedeck/market/instrument/market-event';
import { must } from '@tapedeck/market/number/assert';
import { ManualClock } from '@tapedeck/market/time/clock';
import { readBinaryFrame } from '@tapedeck/market/wire/binary/binary-decoder';
import { type BookTier, parseChannel } from '@tapedeck/market/wire/channel';
import type { DownMessage } from '@tapedeck/market/wire/down';
import { readDownFrame } from '@tapedeck/market/wire/down-frame';

import { measure, summarise, tableOf } from '../../market/bench/measure.ts';
import { Ingest } from '../src/engine/ingest.ts';
import { MarketEngine } from '../src/engine/market-engine.ts';
import { bookEvents, mergeByTime, tradeEvents } from '../src/export/session-events.ts';
import { ChannelIds } from '../src/stream/channel/channel-ids.ts';
import type { Subscriber } from '../src/stream/channel/subscriber.ts';
import { frameOf } from '../src/stream/frame/frame.ts';
import { BINARY_FORM, JSON_FORM, type WireForm } from '../src/stream/frame/wire-form.ts';
import { StreamHub } from '../src/stream/hub/stream-hub.ts';
import { atTime, generateStream } from './fanout-stream.ts';

const RUNS = 5;
/** CPU is measured in steps of milliseconds: each run takes about this many messages. */
const MESSAGES_PER_RUN = 100_000;
const SYMBOLS = 20;
/** Symbols that a client of the fan-out bench follows. */
const FOLLOWED = 5;
const MADE_UP_MS = 12_000;
const DEPTH = 25;
const TIERS: readonly BookTier[] = ['100ms', 'raw'];
const DRAIN_MS = 1_000;

/** A market from its beginning: times are its own. */
type Market = {
  readonly name: string;
  readonly instruments: readonly Instrument[];
  readonly followed: readonly string[];
  readonly events: () => Iterable<{ readonly time: number; readonly event: MarketEvent }>;
};

/** What one connection gets, frame by frame, without its first full values. */
function framesOf(market: Market, tier: BookTier): readonly (readonly DownMessage[])[] {
  const frames: (readonly DownMessage[])[] = [];
  const subscriber: Subscriber = {
    form: JSON_FORM,
    take: ({ batches }) => {
      frames.push(batches.flatMap(({ deliveries }) => deliveries.map(({ message }) => message)));
    },
  };
  let world: { readonly clock: ManualClock; readonly ingest: Ingest } | undefined;
  const begin = (time: number): NonNullable<typeof world> => {
    const clock = new ManualClock(time);
    const engine = new MarketEngine({ clock, nextEpoch: () => 'k3f9a01x', candles: () => [] });
    const ingest = new Ingest(engine, () => {});
    const hub = new StreamHub({ markets: engine, clock, ids: new ChannelIds(), paced: true });
    for (const instrument of market.instruments) ingest.sink({ type: 'instrument', instrument });
    for (const symbol of market.followed) {
      for (const name of [`book:${symbol}:${DEPTH}:${tier}`, `trades:${symbol}`]) {
        const parsed = parseChannel(name);
        const channel = typeof parsed === 'string' ? undefined : hub.channel(parsed);
        hub.add(must(channel, name), subscriber);
      }
    }
    return { clock, ingest };
  };
  for (const { time, event } of market.events()) {
    world ??= begin(time);
    world.clock.advance(Math.max(0, time - world.clock.now()));
    world.ingest.sink(event);
  }
  world?.clock.advance(DRAIN_MS);
  return frames;
}

function madeUpMarket(): Market {
  const { instruments, snapshots, events } = generateStream(SYMBOLS, MADE_UP_MS);
  const start = snapshots[0]?.eventTime ?? 0;
  return {
    name: `simulated, ${Math.round((events.length / SYMBOLS / MADE_UP_MS) * 1_000)} events/s a symbol`,
    instruments,
    followed: instruments.slice(0, FOLLOWED).map(({ symbol }) => symbol),
    *events() {
      for (const event of snapshots) yield { time: start, event };
      for (const { at, event } of events)
        yield { time: start + at, event: atTime(event, start + at) };
    },
  };
}

function recordedMarkets(path: string): readonly Market[] {
  const history = openHistory(path, { readonly: true });
  return history.sessions.list().flatMap(({ id, symbols }) =>
    symbols.map((symbol): Market => ({
      name: symbol,
      instruments: history.instruments.list(id).filter((each) => each.symbol === symbol),
      followed: [symbol],
      *events() {
        const streams = [bookEvents(history, id, symbol), tradeEvents(history, id, symbol)];
        for (const each of mergeByTime(streams)) {
          const times = { symbol, eventTime: each.time, receiveTime: each.time };
          if (each.type === 'trade')
            yield { time: each.time, event: { ...each.trade, ...times, type: 'trade' } };
          else if (each.type === 'delta')
            yield { time: each.time, event: { ...each.delta, ...times, type: 'update' } };
          else if (each.type === 'snapshot')
            yield { time: each.time, event: { ...each.snapshot, ...times, type: 'snapshot' } };
        }
      },
    })),
  );
}

type Figures = { readonly bytes: number; readonly encodeNs: number; readonly decodeNs: number };

function measured(
  form: WireForm,
  decode: (frame: Buffer) => unknown,
  frames: readonly (readonly DownMessage[])[],
): Figures {
  const messages = frames.reduce((sum, frame) => sum + frame.length, 0);
  const rounds = Math.max(1, Math.ceil(MESSAGES_PER_RUN / messages));
  const encode = (frame: readonly DownMessage[]): Buffer =>
    frameOf(
      form,
      frame.map((message) => form.encode(message)),
    ).payload;
  const encoded = frames.map(encode);
  const nsOf = (work: () => void): number =>
    (summarise(measure(RUNS, work)).median / rounds / messages) * 1e9;
  return {
    bytes: encoded.reduce((sum, { length }) => sum + length, 0),
    encodeNs: nsOf(() => {
      for (let round = 0; round < rounds; round++) for (const frame of frames) encode(frame);
    }),
    decodeNs: nsOf(() => {
      for (let round = 0; round < rounds; round++) for (const frame of encoded) decode(frame);
    }),
  };
}

/** Source events whose effect is in these messages, merged or not. */
function carriedBy(message: DownMessage): number {
  if (message.type === 'book-delta') return message.merged;
  return message.type === 'trades' ? message.trades.length : 0;
}

const { values } = parseArgs({ options: { db: { type: 'string' } } });
const markets = [madeUpMarket(), ...(values.db === undefined ? [] : recordedMarkets(values.db))];
const rows = markets.flatMap((market) =>
  TIERS.map((tier) => {
    const frames = framesOf(market, tier);
    const carried = frames.flat().reduce((sum, message) => sum + carriedBy(message), 0);
    const json = measured(JSON_FORM, (frame) => readDownFrame(frame.toString()), frames);
    const binary = measured(BINARY_FORM, readBinaryFrame, frames);
    return [
      market.name,
      tier,
      (json.bytes / carried).toFixed(1),
      (binary.bytes / carried).toFixed(2),
      `${(json.bytes / binary.bytes).toFixed(1)}x`,
      `${json.encodeNs.toFixed(0)} / ${binary.encodeNs.toFixed(0)}`,
      `${json.decodeNs.toFixed(0)} / ${binary.decodeNs.toFixed(0)}`,
    ];
  }),
);
process.stdout.write(
  `book:SYMBOL:${DEPTH}:TIER and trades:SYMBOL, Node ${process.version}, CPU, medians of ${RUNS}\n\n` +
    `${tableOf(
      [
        'market',
        'tier',
        'JSON bytes/event',
        'binary bytes/event',
        'less',
        'ns to encode a message, JSON / binary',
        'ns to decode it',
      ],
      rows,
    )}\n`,
);
process.exit(0);
