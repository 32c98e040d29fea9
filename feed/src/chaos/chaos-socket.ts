/*
 * A socket that injects faults, between the outbox and the real socket. The first frame is never affected: it is the
 * `hello`. Held frames count as not taken, so flow control sees a stall (P22), and nothing of a closed connection is
 * kept.
 */
import type { Random } from '@tapedeck/market/number/random';
import { type Cancel, type Clock, later, type MonotonicMs } from '@tapedeck/market/time/clock';
import type { ConnectionFaults, FaultKind } from '@tapedeck/market/wire/chaos';

import { type Frame, frameOf } from '../stream/frame/frame.ts';
import type { Socket } from '../stream/frame/socket.ts';
import { JSON_FORM } from '../stream/frame/wire-form.ts';

export type ChaosSocketOptions = {
  readonly socket: Socket;
  readonly clock: Clock;
  readonly random: Random;
  /** The faults that may happen now. */
  readonly faults: () => ConnectionFaults;
  readonly onFault: (kind: FaultKind) => void;
};

/** Mean time between two stalls of a connection. */
const STALL_EVERY_MS = 20_000;
const BOOK = Buffer.from('{"type":"book-');
const NEWLINE = 0x0a;
const LETTERS = '0123456789x,]}"-';

export class ChaosSocket implements Socket {
  readonly #options: ChaosSocketOptions;
  /** Frames waiting for the end of a stall, in order. */
  #stalled: Frame[] = [];
  #heldBytes = 0;
  /** A frame to be sent after the next one. */
  #overtaken: Frame | undefined;
  #greeted = false;
  #stallAt: MonotonicMs | undefined;
  #endStall: Cancel | undefined;
  #gone = false;

  constructor(options: ChaosSocketOptions) {
    this.#options = options;
  }

  get bufferedAmount(): number {
    return this.#options.socket.bufferedAmount + this.#heldBytes;
  }

  send(frame: Frame): void {
    if (this.#gone) return;
    if (!this.#greeted) {
      this.#greeted = true;
      this.#options.socket.send(frame);
      return;
    }
    this.#beginStall();
    if (this.#endStall !== undefined) {
      this.#stalled.push(frame);
      this.#heldBytes += frame.payload.length;
      return;
    }
    this.#pass(frame);
  }

  close(code: number, reason: string): void {
    this.gone();
    this.#options.socket.close(code, reason);
  }

  terminate(): void {
    this.gone();
    this.#options.socket.terminate();
  }

  /** The connection has ended, from either side. Idempotent. */
  gone(): void {
    this.#gone = true;
    this.#endStall?.();
    this.#stalled = [];
    this.#heldBytes = 0;
    this.#overtaken = undefined;
  }

  #beginStall(): void {
    const { clock, random, faults, onFault } = this.#options;
    const { stallMs } = faults();
    if (stallMs === 0) {
      this.#stallAt = undefined;
      return;
    }
    const now = clock.monotonic();
    this.#stallAt ??= later(now, random.exponential(STALL_EVERY_MS));
    if (this.#endStall !== undefined || now < this.#stallAt) return;
    onFault('stall');
    this.#endStall = clock.after(stallMs, () => {
      this.#endStall = undefined;
      this.#stallAt = undefined;
      this.#heldBytes = 0;
      for (const frame of this.#stalled.splice(0)) if (!this.#gone) this.#pass(frame);
    });
  }

  #pass(frame: Frame): void {
    const { random, onFault, faults } = this.#options;
    const { drop, duplicate, reorder, corrupt } = faults();
    if (random.chance(drop)) {
      onFault('drop');
      return;
    }
    let sent = frame;
    if (random.chance(corrupt)) {
      onFault('corrupt');
      sent = corrupted(frame, random);
    }
    if (this.#overtaken === undefined && random.chance(reorder)) {
      onFault('reorder');
      this.#overtaken = sent;
      return;
    }
    this.#options.socket.send(sent);
    if (random.chance(duplicate)) {
      onFault('duplicate');
      this.#options.socket.send(sent);
    }
    const late = this.#overtaken;
    this.#overtaken = undefined;
    if (late !== undefined) this.#options.socket.send(late);
  }
}

/**
 * One wrong letter in a book message, which its digest reveals, or a frame that is cut short. Other messages have no
 * digest: a wrong letter in a trade would go unnoticed, as on any transport without checksums.
 */
function corrupted(frame: Frame, random: Random): Frame {
  const { payload, isText } = frame;
  const start = isText ? lineStart(payload, random.integer(0, payload.length - 1)) : -1;
  if (start >= 0 && payload.subarray(start, start + BOOK.length).equals(BOOK)) {
    const next = payload.indexOf(NEWLINE, start);
    const end = next < 0 ? payload.length : next;
    const changed = Buffer.from(payload);
    const at = random.integer(start, end - 1);
    changed.write(LETTERS[random.integer(0, LETTERS.length - 1)] ?? 'x', at, 'latin1');
    return framed(changed, isText);
  }
  return framed(payload.subarray(0, random.integer(1, Math.max(1, payload.length - 1))), isText);
}

function lineStart(payload: Buffer, at: number): number {
  return payload.lastIndexOf(NEWLINE, Math.max(0, at - 1)) + 1;
}

function framed(payload: Buffer, isText: boolean): Frame {
  return frameOf({ ...JSON_FORM, isText }, [payload]);
}
