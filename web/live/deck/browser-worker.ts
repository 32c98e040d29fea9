/*
 * The worker of this page's decks: the one that all tabs share, or the page's own where the browser has no shared
 * workers. The script's address names its build, so a page never talks to the worker of another one.
 *
 * A page whose worker is silent connects again: to the same one if it was only busy, to a new one if it had died, as
 * the browser then starts it. If that is silent, too, the worker hangs: its name has a generation, which the page
 * raises, or finds raised by another page. A browser ends the
 * worker that hangs with the last page that had it.
 */
import type { Cancel } from '@tapedeck/market/time/clock';

import { systemClock } from '../../clock/system-clock.ts';
import {
  type FromDeckWorker,
  type FromPage,
  JSON_WORKER,
  SIGN_MS,
  WORKER,
  type WorkerPort,
} from '../model/deck-port.ts';

const GENERATION_KEY = 'tapedeck.worker';
/** Connections in a row on which nothing was heard, after which the page takes a worker of its own. */
const MOST_UNHEARD = 4;

/** `?wire=json` requests the form that people can read. */
const isReadable =
  typeof location !== 'undefined' && new URLSearchParams(location.search).get('wire') === 'json';
const NAME = isReadable ? JSON_WORKER : WORKER;

/** The generation that this page uses. */
let generation = 0;
let unheard = 0;
let lock: Promise<string | undefined> | undefined;

/** Connects to a worker; `isSilent`: the one before does not answer. */
export function startWorker(isSilent: boolean): WorkerPort {
  generation = nextGeneration(isSilent && unheard > 0);
  const shared = unheard < MOST_UNHEARD ? openShared() : undefined;
  if (shared === undefined) return openOwn();
  unheard++;
  return portOf(shared, () => shared.close());
}

function openShared(): MessagePort | undefined {
  if (!('SharedWorker' in globalThis)) return undefined;
  try {
    return new SharedWorker(new URL('../worker/deck-worker.ts', import.meta.url), {
      type: 'module',
      name: `${NAME}-${generation}`,
    }).port;
  } catch {
    // Refused by the browser's settings.
    return undefined;
  }
}

function openOwn(): WorkerPort {
  const worker = new Worker(new URL('../worker/deck-worker.ts', import.meta.url), {
    type: 'module',
    name: NAME,
  });
  return portOf(worker, () => worker.terminate());
}

function portOf(channel: MessagePort | Worker, end: Cancel): WorkerPort {
  const post: WorkerPort['post'] = (message) =>
    channel.postMessage({ ...message, now: systemClock.monotonic() } satisfies FromPage);
  const stopSigns = systemClock.every(SIGN_MS, () => post({ type: 'here' }));
  let isOver = false;
  void (lock ??= holdLock()).then((name) => {
    if (name !== undefined && !isOver) post({ type: 'lock', name });
  });
  return {
    post,
    listen(onMessage) {
      let isHeard = false;
      channel.onmessage = ({ data }: MessageEvent<FromDeckWorker>) => {
        unheard = 0;
        // The first messages waited for the worker's start: only now is their delay short enough to compare clocks.
        if (!isHeard) post({ type: 'here' });
        isHeard = true;
        onMessage(data);
      };
    },
    terminate() {
      isOver = true;
      stopSigns();
      end();
    },
  };
}

/** The newest generation of any page; a new one if this page's own, which hangs, is the newest. */
function nextGeneration(hangs: boolean): number {
  let newest = generation;
  try {
    newest = Math.max(newest, Number(localStorage.getItem(GENERATION_KEY) ?? 0) || 0);
    if (hangs && newest === generation) localStorage.setItem(GENERATION_KEY, String(++newest));
  } catch {
    // Without storage each page counts for itself.
    if (hangs) newest = generation + 1;
  }
  return newest;
}

/** A lock that this page holds until it ends: its name; undefined where pages have no locks (plain http). */
function holdLock(): Promise<string | undefined> {
  return new Promise((resolve) => {
    if (!('locks' in navigator)) {
      resolve(undefined);
      return;
    }
    const name = `${WORKER}-page-${crypto.randomUUID()}`;
    const hold = (): Promise<never> => {
      resolve(name);
      return new Promise(() => {});
    };
    navigator.locks.request(name, hold).catch(() => resolve(undefined));
  });
}
