import type { FeedLink } from '@tapedeck/market/link/feed-link';
import type { LinkState } from '@tapedeck/market/link/link-state';
import { CLOSE_CODES } from '@tapedeck/market/wire/close-code';
import type { HelloMessage } from '@tapedeck/market/wire/down';

import type { LinkReport } from '../model/deck-port.ts';

/** Reports the link to the page whenever the report changes. */
export class LinkReporter {
  readonly #link: FeedLink;
  readonly #post: (report: LinkReport) => void;
  readonly #via: () => LinkReport['via'];
  #everOpen = false;
  #build: string | undefined;
  #mismatch: string | undefined;
  #last: LinkReport | undefined;

  constructor(
    link: FeedLink,
    options: {
      readonly post: (report: LinkReport) => void;
      readonly via: () => LinkReport['via'];
    },
  ) {
    this.#link = link;
    this.#post = options.post;
    this.#via = options.via;
  }

  /** The link opened; true if it had been open before. */
  opened(): boolean {
    const isAgain = this.#everOpen;
    this.#everOpen = true;
    return isAgain;
  }

  /** False if the feed answered in another mode: live values must never be shown as a replay, or the reverse. */
  greeted({ build, mode }: HelloMessage, wanted: HelloMessage['mode']): boolean {
    this.#build = build;
    if (mode === wanted) return true;
    this.#mismatch = `the feed answered with a ${mode} stream instead of a ${wanted} one`;
    return false;
  }

  post(): void {
    const report = this.report();
    const isSame = JSON.stringify(report) === JSON.stringify(this.#last);
    this.#last = report;
    if (!isSame) this.#post(report);
  }

  /** The feed closed a link without subscriptions (P23): not a fault, and not a cut. */
  get isIdle(): boolean {
    const { state } = this.#link;
    return state.kind === 'closed' && state.code === CLOSE_CODES.noSubscribe;
  }

  report(): LinkReport {
    const { state } = this.#link;
    if (this.isIdle) this.#everOpen = false;
    const reason =
      !this.isIdle && (state.kind === 'waiting' || state.kind === 'closed')
        ? reasonOf(state)
        : undefined;
    return {
      state: this.#mismatch !== undefined ? 'closed' : this.isIdle ? 'idle' : wordOf(state.kind),
      retryAt: state.kind === 'waiting' ? state.retryAt : undefined,
      reason: this.#mismatch ?? reason,
      everOpen: this.#everOpen,
      via: this.#via(),
      transport: this.#link.transport,
      offsetMs: this.#link.offsetMs,
      build: this.#build,
      epoch: this.#link.epoch,
    };
  }
}

function wordOf(kind: LinkState['kind']): LinkReport['state'] {
  return kind === 'idle' ? 'connecting' : kind;
}

/** Text for the user, as the feed's own is for programmers. */
function reasonOf(state: Extract<LinkState, { kind: 'waiting' | 'closed' }>): string {
  if (state.kind === 'closed' && state.code === CLOSE_CODES.badToken)
    return 'the feed needs an access token: open the page with ?token=';
  return state.reason;
}
