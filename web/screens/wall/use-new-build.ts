'use client';
import { useEffect, useRef } from 'react';

import { useFigures } from '../../live/live.ts';

/** How long loading the page may take before the old one is kept for another round. */
const PRELOAD_MS = 10_000;

/**
 * Returns a check to make between two scenes. If the feed or the web server has another build than when the page
 * started, it first fetches the page and then reloads, so that a dead server never leaves an empty screen.
 */
export function useReloadOnNewBuild(): () => Promise<boolean> {
  const feedBuild = useFigures().build;
  const feed = useRef(new Change());
  const web = useRef(new Change());
  useEffect(() => feed.current.note(feedBuild), [feedBuild]);
  useEffect(() => {
    void webBuild().then((build) => web.current.note(build));
  }, []);
  return async () => {
    web.current.note(await webBuild());
    if (!feed.current.isOther && !web.current.isOther) return false;
    try {
      const response = await fetch(location.href, {
        cache: 'no-store',
        signal: AbortSignal.timeout(PRELOAD_MS),
      });
      if (!response.ok) return false;
    } catch {
      return false;
    }
    location.reload();
    return true;
  };
}

/** Whether a name differs from the first one seen. Undefined changes nothing. */
class Change {
  #first: string | undefined;
  #newest: string | undefined;

  note(name: string | undefined): void {
    this.#first ??= name;
    this.#newest = name ?? this.#newest;
  }

  get isOther(): boolean {
    return this.#newest !== this.#first;
  }
}

/** The web server's build, which may change without the feed's. Undefined while it does not answer. */
async function webBuild(): Promise<string | undefined> {
  try {
    const response = await fetch('/config.json', {
      cache: 'no-store',
      signal: AbortSignal.timeout(PRELOAD_MS),
    });
    if (!response.ok) return undefined;
    const { build } = (await response.json()) as { readonly build?: unknown };
    return typeof build === 'string' ? build : undefined;
  } catch {
    return undefined;
  }
}
