import { expect, test } from 'vitest';

import { ManualClock } from '@tapedeck/market/time/clock';

import { backfillDay } from './backfill.ts';
import { SIM_INSTRUMENTS } from './sim-instrument.ts';
import { Simulator } from './simulator.ts';

const TO = 1_760_018_400_000;

test('a day has 1,440 one-minute candles for every symbol, each opening at the previous close', () => {
  const { candles, closeTicks, to } = backfillDay({ seed: 7, to: TO + 31_234 });
  expect(to).toBe(TO);
  expect(candles.size).toBe(SIM_INSTRUMENTS.length);
  for (const [symbol, day] of candles) {
    expect(day).toHaveLength(1_440);
    let open = day[0]?.open;
    for (const [minute, candle] of day.entries()) {
      expect(candle.openTime).toBe(TO - 86_400_000 + minute * 60_000);
      expect(candle.open).toBe(open);
      expect(candle.high).toBeGreaterThanOrEqual(Math.max(candle.open, candle.close));
      expect(candle.low).toBeLessThanOrEqual(Math.min(candle.open, candle.close));
      expect(candle.low).toBeGreaterThan(0);
      for (const value of Object.values(candle)) expect(Number.isSafeInteger(value)).toBe(true);
      expect(candle.trades).toBeGreaterThan(0);
      expect(candle.buyVolume).toBeLessThanOrEqual(candle.volume);
      open = candle.close;
    }
    expect(closeTicks.get(symbol)).toBe(open);
  }
});

test('the same seed makes the same day, another seed a different one', () => {
  expect(backfillDay({ seed: 7, to: TO })).toEqual(backfillDay({ seed: 7, to: TO }));
  expect(backfillDay({ seed: 8, to: TO }).closeTicks).not.toEqual(
    backfillDay({ seed: 7, to: TO }).closeTicks,
  );
});

test('the following book opens where the day closed', () => {
  const { to, closeTicks } = backfillDay({ seed: 7, to: TO });
  const market = new Simulator({
    seed: 7,
    scenario: 'normal',
    speed: 1,
    clock: new ManualClock(to),
    from: to,
    startPriceTicks: closeTicks,
  });
  let seen = 0;
  market.start((event) => {
    if (event.type !== 'snapshot') return;
    seen += 1;
    const close = closeTicks.get(event.symbol) ?? 0;
    expect(Math.abs((event.bids[0]?.[0] ?? 0) - close)).toBeLessThanOrEqual(2);
  });
  expect(seen).toBe(closeTicks.size);
});

test('headlines are spread over the day, those of jumps next to a minute that moved', () => {
  const { candles, headlines } = backfillDay({ seed: 7, to: TO, symbols: ['BTC-USD@sim'] });
  expect(headlines.length).toBeGreaterThan(36);
  expect(headlines.every(({ time }, index) => time >= (headlines[index - 1]?.time ?? 0))).toBe(
    true,
  );
  const day = candles.get('BTC-USD@sim') ?? [];
  const range = (time: number): number => {
    const candle = day[Math.floor((time - (TO - 86_400_000)) / 60_000)];
    return candle === undefined ? 0 : candle.high - candle.low;
  };
  const jumps = headlines.filter(({ eventId }) => eventId !== undefined);
  const ofJumps = jumps.reduce((sum, { time }) => sum + range(time), 0) / jumps.length;
  const ofDay = day.reduce((sum, { high, low }) => sum + high - low, 0) / day.length;
  expect(ofJumps).toBeGreaterThan(1.3 * ofDay);
});
