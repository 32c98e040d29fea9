import type { Random } from '@tapedeck/market/number/random';

import type { MarketHours, SimInstrument } from './sim-instrument.ts';

/** What a headline is about: good news, bad news, or nothing that moves a price. */
export type Tone = 'up' | 'down' | 'noise';

// Firms, wires and places are invented; none of this ever happened.
const WIRES = [
  'Harbor Wire',
  'Meridian News',
  'Ticker Desk',
  'Northlight',
  'The Ledger Post',
  'Canal Street Brief',
];
const FIRMS = [
  'Northgate Capital',
  'Kestrel Exchange',
  'Blue Anchor Custody',
  'Ferrum Trading',
  'Osprey Asset Management',
  'Halden Bank',
  'Tessera Pay',
  'Quayside Ventures',
  'Lantern Funds',
];
const PLACES = [
  'Singapore',
  'Zurich',
  'Sao Paulo',
  'Seoul',
  'Toronto',
  'Dubai',
  'Warsaw',
  'Lagos',
  'Oslo',
];
const BANKERS = [
  'a central banker',
  'the finance ministry',
  'a rate setter',
  'the statistics office',
];

type Lines = Readonly<Record<Tone, readonly string[]>>;

const ABOUT_ONE: Readonly<Record<MarketHours, Lines>> = {
  crypto: {
    up: [
      '{firm} adds {amount} of {name} to its treasury',
      '{firm} wins approval for a {name} fund in {place}',
      '{name} network upgrade goes live without a hitch',
      '{firm} to accept {name} at {count},000 shops in {place}',
      'Large {base} buyer seen at {firm}, desks say',
      'Regulator in {place} drops its case over {name}',
      '{base} supply on exchanges falls to a {count}-month low',
    ],
    down: [
      '{firm} pauses {name} withdrawals after an outage',
      'Wallet dormant for years moves {amount} of {name} to {firm}',
      'Regulator in {place} opens an inquiry into {name} trading',
      '{name} bridge halted after an exploit, {amount} at risk',
      '{firm} unwinds a {amount} {base} position',
      '{place} to tax {name} gains at {count} percent',
      'Bug found in a {name} client; operators told to upgrade at once',
    ],
    noise: [
      '{firm} names a new head of its {base} desk',
      '{name}: what options traders watch this week',
      '{name} developers set the date of their next call',
      '{firm} publishes its quarterly note on {name}',
      'Conference in {place} to discuss the future of {name}',
      '{base} open interest little changed from yesterday',
      '{firm} lists two more {base} pairs',
      'Meetup in {place} draws {count},000 {name} holders',
      'Podcast: {firm} on {name} and what comes next',
      '{name} fees steady after a calm night in {place}',
      'Survey: {count} percent of shops in {place} know {name}',
      '{firm} moves its {base} team to {place}',
      '{name} funds see small inflows for a {count}th day',
      'Explainer: how {name} blocks are made',
    ],
  },
  equity: {
    up: [
      '{name} raises its full-year forecast',
      '{name} wins a {amount} order from {place}',
      '{firm} lifts {name} to buy',
      '{name} in talks to be bought by {firm}, sources say',
      '{name} profit beats estimates by {count} percent',
      '{name} announces a {amount} share buyback',
    ],
    down: [
      '{name} cuts its outlook on weak demand in {place}',
      '{firm} lowers {name} to sell',
      '{name} recalls {count},000 units',
      'Finance chief of {name} steps down',
      '{name} misses estimates; margins shrink',
      '{name} plant in {place} stopped by a fire',
    ],
    noise: [
      '{name} to present at an investor day in {place}',
      '{firm} reiterates its view on {name}',
      '{name} opens an office in {place}',
      '{name} dividend unchanged',
      'What to watch when {name} reports',
      '{name} hires a new head of research in {place}',
      '{name} and {firm} extend their partnership',
      'Workers at {name} in {place} agree on pay',
      '{name} files {count} patents',
    ],
  },
  fx: {
    up: [
      'Euro area inflation above forecasts',
      'Euro firms after {banker} hints at higher rates',
      'Factory orders in the euro area rise {count} percent',
      '{firm} sees the euro at a {count}-month high',
    ],
    down: [
      'Euro slips after {banker} speaks of cuts',
      'Euro area growth below forecasts',
      'Energy prices jump; euro under pressure',
      '{firm} sells the euro against the dollar in size',
    ],
    noise: [
      'Euro range narrow ahead of data',
      'Week ahead: speeches, surveys and {place}',
      '{firm} keeps its euro forecast',
      'Euro little changed as {place} is on holiday',
      '{firm}: euro positions near neutral',
      'Minutes of the last rate meeting due on Thursday',
      'Euro option expiries today near the money',
    ],
  },
};

const ABOUT_ALL: Lines = {
  up: [
    'Risk appetite returns as {banker} sounds calm',
    'Surprise rate cut lifts markets everywhere',
    'Markets rally after softer inflation print',
    'Trade talks in {place} end with an agreement',
    '{firm} reports record inflows across all funds',
  ],
  down: [
    'Markets slide as {banker} warns on rates',
    'Inflation hotter than expected; markets sell off',
    'Trade talks in {place} break down',
    '{firm} faces margin calls, desks say',
    'Power cut in {place} disrupts trading hubs',
  ],
  noise: [
    'Volumes thin ahead of a holiday in {place}',
    '{firm}: five charts for the week',
    'Survey: investors split on the months ahead',
    'Exchanges agree on a common holiday calendar',
    '{firm} opens a trading floor in {place}',
  ],
};

/** Writes headlines from templates: plausible, varied, the same for the same random numbers. */
export class HeadlineWriter {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  source(): string {
    return this.#random.pick(WIRES);
  }

  /** About one instrument, or about all markets if there is none. */
  title(tone: Tone, about: SimInstrument | undefined): string {
    const lines = about === undefined ? ABOUT_ALL : ABOUT_ONE[about.hours];
    const random = this.#random;
    const template = random.pick(lines[tone]);
    const words: Readonly<Record<string, string>> = {
      name: about?.name ?? '',
      base: about?.instrument.base ?? '',
      firm: random.pick(FIRMS),
      place: random.pick(PLACES),
      banker: random.pick(BANKERS),
      amount: `$${random.integer(2, 95) * 10}m`,
      count: String(random.integer(2, 18)),
    };
    return template.replace(/\{([a-z]+)\}/g, (_, word: string) => words[word] ?? '');
  }
}
