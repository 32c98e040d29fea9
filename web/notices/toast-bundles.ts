/*
 * One cause, one toast. A feed that hangs tells of every market that starts anew: ten notices, one cause. A notice joins
 * a toast that stood up to `JOIN_MS` before it when it says the same of another symbol, or when one of the two is the
 * state of markets that the other one names. Firing alerts are never joined. The drawer keeps all notices singly.
 */
import type { EpochMs } from '@tapedeck/market/number/level';

import type { Notice, NoticeTone } from './notification-store.ts';

/** Symbols of one cause follow each other within milliseconds; a busy machine may stretch that. */
const JOIN_MS = 2_000;
/** Causes that are remembered at once; a later one of the same kind gets a toast of its own. */
const MOST_BUNDLES = 32;
const SYMBOLS_NAMED = 3;

export type Toast = {
  readonly id: string;
  readonly tone: NoticeTone;
  readonly title: string;
  readonly detail: string;
};

type Bundle = {
  readonly first: Notice;
  /** Names the cause; a state of a market only until the notice of its reason comes. */
  title: Notice;
  newestAt: EpochMs;
  count: number;
  readonly symbols: Set<string>;
};

/** What a notice says, without the symbol of which it says it. */
function saying({ title, symbols }: Notice): string {
  return symbols.length === 1 ? title.replaceAll(symbols[0] ?? '', '') : title;
}

function isMarketState({ kind }: Notice): boolean {
  return kind.startsWith('market-');
}

export class ToastBundles {
  #bundles: Bundle[] = [];

  /** The toast that tells of `notice`: a new id, or that of a toast on the page which now says and counts more. */
  add(notice: Notice): Toast {
    this.#bundles = this.#bundles.filter(
      ({ newestAt }) => Math.abs(notice.time - newestAt) <= JOIN_MS,
    );
    const bundle = this.#bundles.find((each) => joins(each, notice)) ?? this.#open(notice);
    bundle.count += 1;
    bundle.newestAt = Math.max(bundle.newestAt, notice.time);
    for (const symbol of notice.symbols) bundle.symbols.add(symbol);
    if (isMarketState(bundle.title) && !isMarketState(notice)) bundle.title = notice;
    return {
      id: bundle.first.id,
      tone: bundle.title.tone,
      title: bundle.title.title,
      detail: bundle.count === 1 ? notice.detail : countedDetail(bundle),
    };
  }

  #open(notice: Notice): Bundle {
    const bundle = {
      first: notice,
      title: notice,
      newestAt: notice.time,
      count: 0,
      symbols: new Set<string>(),
    };
    this.#bundles = [bundle, ...this.#bundles].slice(0, MOST_BUNDLES);
    return bundle;
  }
}

function joins({ first, title, symbols }: Bundle, notice: Notice): boolean {
  if (notice.tone === 'firing' || title.tone !== notice.tone) return false;
  if (first.kind === notice.kind && saying(first) === saying(notice)) return true;
  if (notice.symbols.length === 0) return false;
  if (isMarketState(notice)) return notice.symbols.every((symbol) => symbols.has(symbol));
  return isMarketState(title) && [...symbols].every((symbol) => notice.symbols.includes(symbol));
}

function countedDetail({ count, symbols }: Bundle): string {
  const named = [...symbols].slice(0, SYMBOLS_NAMED).join(', ');
  const more = symbols.size - SYMBOLS_NAMED;
  return `${count} messages · ${named}${more > 0 ? ` +${more}` : ''}`;
}
