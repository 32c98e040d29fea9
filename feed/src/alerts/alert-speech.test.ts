import { expect, test } from 'vitest';

import { later, type MonotonicMs } from '@tapedeck/market/time/clock';
import { ALERT_STATES, type AlertState } from '@tapedeck/market/wire/event';

import {
  type News,
  newsOf,
  QUIET_MS,
  SILENT,
  speakOfChange,
  speakOwed,
  type Speech,
} from './alert-speech.ts';

const NOW = 1_760_000 as MonotonicMs;

/** Written out independently, so that a mistake in the code's table shows: from, and to in the order of `TO`. */
const TO = ['normal', 'pending', 'firing', 'recovering', 'no-data', 'error'] as const;
const NEWS: Readonly<Record<AlertState, string>> = {
  normal: 'none none fired none blinded failed',
  pending: 'ended none fired none blinded failed',
  firing: 'ended none none none blinded failed',
  recovering: 'ended none none none blinded failed',
  'no-data': 'watched none resumed none none failed',
  error: 'watched none fired none blinded none',
};

test('every state is tested', () => {
  expect([...TO].toSorted()).toEqual([...ALERT_STATES].toSorted());
});

test.each(TO.flatMap((from) => TO.map((to, i) => [from, to, i] as const)))(
  'from %s to %s',
  (from, to, i) => expect(newsOf(from, to)).toBe(NEWS[from].split(' ')[i]),
);

/** For each kind of news, a change that is one. */
const CHANGES: Readonly<Record<News, readonly [from: AlertState, to: AlertState]>> = {
  none: ['recovering', 'firing'],
  fired: ['pending', 'firing'],
  resumed: ['no-data', 'firing'],
  blinded: ['firing', 'no-data'],
  failed: ['normal', 'error'],
  ended: ['recovering', 'normal'],
  watched: ['no-data', 'normal'],
};

type Told = Speech['told'];
/** What was last reported, and what is after the news; `+`: it is reported. */
const TABLE: Readonly<Record<Told, Readonly<Record<News, string>>>> = {
  nothing: {
    none: 'nothing',
    fired: 'trouble+',
    resumed: 'nothing',
    blinded: 'blind+',
    failed: 'trouble+',
    ended: 'nothing',
    watched: 'nothing',
  },
  trouble: {
    none: 'trouble',
    fired: 'trouble+',
    resumed: 'trouble',
    blinded: 'blind+',
    failed: 'trouble+',
    ended: 'nothing+',
    watched: 'nothing+',
  },
  blind: {
    none: 'blind',
    fired: 'trouble+',
    resumed: 'trouble+',
    blinded: 'blind+',
    failed: 'trouble+',
    ended: 'nothing+',
    watched: 'nothing+',
  },
};

const CELLS = (Object.keys(TABLE) as Told[]).flatMap((told) =>
  (Object.keys(CHANGES) as News[]).map((news) => [told, news, TABLE[told][news]] as const),
);

test.each(CELLS)('after reporting %s, %s: %s', (told, news, cell) => {
  const [from, to] = CHANGES[news];
  const speech: Speech = { ...SILENT, told, owed: { before: 'normal', value: 1 } };
  const step = speakOfChange(speech, { from, to, isMoment: false, value: 5 }, NOW);
  expect(`${step.speech.told}${step.says === undefined ? '' : '+'}`).toBe(cell);
  // Whatever the change is, what was owed for the previous state no longer applies.
  expect(step.speech.owed).toBe(undefined);
  if (step.says !== undefined) expect(step.says).toEqual({ before: from, value: 5, more: 0 });
});

test('the end of a crossing is not reported, that it is watched again is', () => {
  const told: Speech = { ...SILENT, told: 'trouble' };
  const says = (from: AlertState) =>
    speakOfChange(told, { from, to: 'normal', isMoment: true, value: null }, NOW).says;
  expect([says('recovering'), says('firing')]).toEqual([undefined, undefined]);
  expect(says('no-data')).toMatchObject({ before: 'no-data' });
  expect(says('error')).toMatchObject({ before: 'error' });
});

test('within the quiet time a firing is owed and counted, and a tick reports it afterwards', () => {
  const fires = { from: 'pending', to: 'firing', isMoment: true, value: 5 } as const;
  let { speech, says } = speakOfChange(SILENT, fires, NOW);
  expect(says).toMatchObject({ more: 0 });
  for (const [atMs, unsaid] of [
    [1_000, 1],
    [2_000, 2],
  ] as const) {
    ({ speech, says } = speakOfChange(speech, { ...fires, value: atMs }, later(NOW, atMs)));
    expect([says, speech.unsaid, speech.owed?.value]).toEqual([undefined, unsaid, atMs]);
  }
  expect(speakOwed(speech, 'firing', later(NOW, QUIET_MS - 1)).says).toBe(undefined);
  const last = speakOwed(speech, 'firing', later(NOW, QUIET_MS));
  expect(last.says).toEqual({ before: 'pending', value: 2_000, more: 1 });
  expect([last.speech.unsaid, last.speech.owed]).toEqual([0, undefined]);
  // Each state has its own quiet time.
  const blinded = { from: 'firing', to: 'no-data', isMoment: true, value: null } as const;
  expect(speakOfChange(last.speech, blinded, later(NOW, QUIET_MS)).says).toMatchObject({ more: 0 });
});
