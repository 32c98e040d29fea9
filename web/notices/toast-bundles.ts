/*
 * One cause, one toast. A feed that hangs sends a notice for every market that restarts: ten notices, one cause. A
 * notice joins a toast whose newest notice is within `JOIN_MS` of it if it says the same of another symbol, or if one
 * of the two is the state of markets that the other names. Firing alerts are never joined. The drawer lists every
 * notice.
 */
import type { EpochMs } from '@tapedeck/market/number/level';

import type { Notice, NoticeTone } from './notification-store.ts';

/** The notices of one cause follow each other within milliseconds; a busy machine may delay them. */
const JOIN_MS = 2_000;
/** Causes remembered at once; the next notice of an older one gets a toast of its own. */
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
  /** Names the cause; a market's state only until the notice with its reason arrives. */
  title: Notice;
  newestAt: EpochMs;
  count: number;
  readonly symbols: Set<string>;
};

/** The title of a notice without its symbol. */
function saying({ title, symbols }: Notice): string {
  return symbols.length === 1 ? title.replaceAll(symbols[0] ?? '', '') : title;
}

function isMarketState({ kind }: Notice): boolean {
  return kind.startsWith('market-');
}

export class ToastBundles {
  #bundles: Bundle[] = [];

  /** The toast for `notice`: a new id, or that of a toast on the page, whose text and count change. */
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
