import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type History, openHistory } from '@tapedeck/db/history';
import type { Session } from '@tapedeck/market/instrument/session';
import { must } from '@tapedeck/market/number/assert';
import { ManualClock } from '@tapedeck/market/time/clock';

import { simulatorWithHistory } from '../source/backfilled-history.ts';
import { ChannelIds } from '../stream/channel/channel-ids.ts';
import type { ReplayRoom } from './replay-room.ts';
import { ReplayRooms } from './replay-rooms.ts';
import { TestViewer } from './test-viewer.ts';

/** Ten simulated minutes on disk, and rooms that play them. */
export class TestNight {
  readonly history: History;
  readonly session: Session;
  readonly #folder: string;

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'tapedeck-replay-'));
    this.history = openHistory(join(this.#folder, 'history.db'));
    simulatorWithHistory(this.history, {
      seed: 11,
      scenario: 'normal',
      speed: 1,
      clock: new ManualClock(1_760_000_000_000),
    }).close();
    this.session = must(this.history.sessions.list()[0], 'the back-filled session');
  }

  /** A room of its own with one viewer of BTC-USD@sim. */
  open(
    clock: ManualClock,
    {
      at,
      symbols,
      workNow = () => 0,
    }: {
      readonly at?: number;
      readonly symbols?: string[];
      readonly workNow?: () => number;
    } = {},
  ): { readonly room: ReplayRoom; readonly viewer: TestViewer; readonly rooms: ReplayRooms } {
    let id = 0;
    const { history, session } = this;
    const ids = new ChannelIds();
    const rooms = new ReplayRooms({ history, clock, ids, newId: () => `r${id++}`, workNow });
    const room = rooms.create({
      session: session.id,
      ...(at === undefined ? {} : { at }),
      ...(symbols === undefined ? {} : { symbols }),
    });
    if ('error' in room) throw new Error(room.message);
    return { room, viewer: new TestViewer(room, clock), rooms };
  }

  close(): void {
    this.history.close();
    rmSync(this.#folder, { recursive: true });
  }
}
