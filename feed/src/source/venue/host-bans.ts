/*
 * Hosts that have banned this feed. Until a ban ends, nothing new is sent to that host, on any path: no request,
 * socket or subscription. Pings on open sockets are still answered.
 */
import type { EpochMs } from '@tapedeck/market/number/level';
import { type Clock, later, type MonotonicMs } from '@tapedeck/market/time/clock';

/** Statuses that mean a ban, and how many ms it lasts if there is no `Retry-After`. */
const BANS: ReadonlyMap<number, number> = new Map([
  [429, 5_000],
  [403, 10_000],
  [418, 120_000],
]);
const FORBIDDEN = 403;
const LONGEST_MS = 3 * 86_400_000;
/** Clocks differ, and the server counts from when it answered. */
const SLACK_MS = 100;

export type Ban = { readonly host: string; readonly status: number; readonly until: EpochMs };

export class HostBans {
  readonly #clock: Clock;
  readonly #bans = new Map<string, { readonly at: MonotonicMs; readonly ban: Ban }>();
  readonly #onBan: (ban: Ban) => void;

  constructor(clock: Clock, onBan: (ban: Ban) => void) {
    this.#clock = clock;
    this.#onBan = onBan;
  }

  /**
   * Records an answer; true if it is a ban. `retryAfter` is the header: seconds or a date; without it a 403 lasts
   * `forbiddenMs`, if the venue states that.
   */
  note(
    host: string,
    status: number,
    retryAfter: string | undefined,
    forbiddenMs: number | undefined,
  ): boolean {
    const usual = (status === FORBIDDEN ? forbiddenMs : undefined) ?? BANS.get(status);
    if (usual === undefined) return false;
    const ms = Math.min(LONGEST_MS, (retryMs(retryAfter, this.#clock.now()) ?? usual) + SLACK_MS);
    const at = later(this.#clock.monotonic(), ms);
    const before = this.#bans.get(host);
    if (before !== undefined && before.at >= at) return true;
    const ban = { host, status, until: this.#clock.now() + ms };
    this.#bans.set(host, { at, ban });
    this.#onBan(ban);
    return true;
  }

  /** The ban of a host, while it lasts. */
  of(host: string): Ban | undefined {
    return this.waitMs(host) > 0 ? this.#bans.get(host)?.ban : undefined;
  }

  /** Remaining time of a host's ban; 0 if there is none. */
  waitMs(host: string): number {
    const found = this.#bans.get(host);
    if (found === undefined) return 0;
    const ms = found.at - this.#clock.monotonic();
    if (ms <= 0) this.#bans.delete(host);
    return Math.max(0, ms);
  }
}

function retryMs(header: string | undefined, now: EpochMs): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}(\.\d+)?$/.test(header.trim())) return Number(header) * 1_000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
