/* Requests to one venue: one at a time, within its budget, never to a banned host, each with a time-out. */
import type { Cancel, Clock } from '@tapedeck/market/time/clock';

import type { Rate, VenueRequest } from '../../venue/live-venue.ts';
import { Budget } from './budget.ts';
import type { HostBans } from './host-bans.ts';
import type { Wire, WireAnswer } from './wire/wire.ts';

const TIMEOUT_MS = 5_000;
/** One at a time, so that no other request is in flight when one is answered with a ban. */
const AT_ONCE = 1;

type Asked = {
  readonly request: VenueRequest;
  readonly done: (answer: WireAnswer) => void;
  isOver: boolean;
};

export class VenueHttp {
  readonly #origin: string;
  readonly #host: string;
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #bans: HostBans;
  readonly #forbiddenMs: number | undefined;
  readonly #rate: Rate;
  readonly #budget: Budget;
  readonly #queue: Asked[] = [];
  readonly #running = new Map<Asked, Cancel>();
  #timer: Cancel | undefined;

  constructor(options: {
    readonly origin: string;
    readonly wire: Wire;
    readonly clock: Clock;
    readonly bans: HostBans;
    readonly forbiddenMs: number | undefined;
    readonly weight: Rate;
  }) {
    this.#origin = options.origin;
    this.#host = new URL(options.origin).host;
    this.#wire = options.wire;
    this.#clock = options.clock;
    this.#bans = options.bans;
    this.#forbiddenMs = options.forbiddenMs;
    this.#rate = options.weight;
    this.#budget = new Budget(options.weight);
  }

  /** Time until an optional request may be made: no ban lasts, and half of the budget stays free for what must be asked. */
  roomInMs(weight: number): number {
    const half = Math.floor(this.#rate.count / 2);
    const now = this.#clock.monotonic();
    return Math.max(this.#bans.waitMs(this.#host), this.#budget.waitMs(now, weight + half));
  }

  /** Status 0 means no answer. */
  ask(request: VenueRequest, done: (answer: WireAnswer) => void): Cancel {
    const asked: Asked = { request, done, isOver: false };
    this.#queue.push(asked);
    this.#run();
    return () => {
      asked.isOver = true;
      this.#running.get(asked)?.();
      // Others may have waited for it.
      if (this.#running.delete(asked)) this.#run();
    };
  }

  close(): void {
    this.#timer?.();
    this.#queue.length = 0;
    for (const cancel of this.#running.values()) cancel();
    this.#running.clear();
  }

  #run(): void {
    this.#timer?.();
    this.#timer = undefined;
    while (this.#running.size < AT_ONCE) {
      const asked = this.#queue[0];
      if (asked === undefined) return;
      if (asked.isOver) {
        this.#queue.shift();
        continue;
      }
      const { path, body, weight } = asked.request;
      const now = this.#clock.monotonic();
      const waitMs = Math.max(this.#bans.waitMs(this.#host), this.#budget.waitMs(now, weight));
      if (waitMs > 0) {
        this.#timer = this.#clock.after(waitMs + 1, () => this.#run());
        return;
      }
      this.#queue.shift();
      this.#budget.spend(now, weight);
      const cancel = this.#wire.ask(
        { url: this.#origin + path, body, timeoutMs: TIMEOUT_MS },
        (answer) => {
          this.#running.delete(asked);
          this.#bans.note(this.#host, answer.status, answer.retryAfter, this.#forbiddenMs);
          if (!asked.isOver) {
            asked.isOver = true;
            asked.done(answer);
          }
          this.#run();
        },
      );
      if (!asked.isOver) this.#running.set(asked, cancel);
    }
  }
}
