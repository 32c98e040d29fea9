import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import '../styles/theme.css';
/*
 * A panel on a page of its own, in a real browser. Everything from the deck to the pixels is the product's; behind it
 * is a script: a worker that answers each watched topic, and a feed that answers requests. The deck's clock stands
 * still, so that every age is exactly the script's.
 */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import axe from 'axe-core';
import { AppRouterContext } from 'next/dist/shared/lib/app-router-context.shared-runtime';
import { NuqsAdapter } from 'nuqs/adapters/react';
import { type ComponentProps, type ReactNode, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { onTestFinished } from 'vitest';

import { type Moment, momentOf } from '@tapedeck/market/time/clock';

import { systemClock } from '../clock/system-clock.ts';
import { flushLoop } from '../live/deck/browser-deck.ts';
import { DeckContext } from '../live/deck/deck-context.tsx';
import { Deck } from '../live/deck/deck.ts';
import type { FromDeckWorker, LinkReport, TopicHealth } from '../live/model/deck-port.ts';
import type { Topic } from '../live/model/topics.ts';
import { healthAt, OPEN_LINK } from '../live/test-reports.ts';
import { before, type Meeting, valueOf } from './test-market.ts';

/** What a test's worker and feed send. */
export type Script = {
  /** Changes to the health of the topic's data, which is otherwise perfect; `undefined` changes nothing. */
  readonly health?: (now: Moment, topic: Topic) => Partial<TopicHealth>;
  /** False: no value has arrived yet. */
  readonly hasValue?: boolean;
  readonly meeting?: Meeting;
  readonly link?: (now: Moment) => Partial<LinkReport>;
  readonly isReplay?: boolean;
  /** The feed's responses by path; other paths are never answered. */
  readonly answers?: Answers;
};
export type Answers = Readonly<Record<string, (now: Moment, path: URL) => unknown>>;

const REPLAY_ID = 'r1';
const ROUTER: NonNullable<ComponentProps<typeof AppRouterContext>['value']> = {
  back: () => {},
  forward: () => {},
  refresh: () => {},
  push: () => {},
  replace: () => {},
  prefetch: () => {},
  bfcacheId: '',
};

/** Shows `panel` on a page whose only input is `script`; removed after the test. */
export function showPanel(
  panel: ReactNode,
  script: Script,
): { readonly place: HTMLElement; readonly now: Moment } {
  const now = momentOf(systemClock);
  const deck = deckOf(script, now);
  answerRequests(script.answers ?? {}, now);
  const client = new QueryClient({
    defaultOptions: { queries: { retry: false, networkMode: 'always' } },
  });
  const place = document.createElement('main');
  place.style.cssText = 'display: flex; flex-direction: column; height: 100vh; min-width: 0';
  document.documentElement.dataset['theme'] = 'dark';
  document.body.append(place);
  const root = createRoot(place);
  root.render(
    <StrictMode>
      <AppRouterContext value={ROUTER}>
        <NuqsAdapter>
          <QueryClientProvider client={client}>
            <DeckContext value={deck}>{panel}</DeckContext>
          </QueryClientProvider>
        </NuqsAdapter>
      </AppRouterContext>
    </StrictMode>,
  );
  deck.start();
  onTestFinished(() => {
    root.unmount();
    place.remove();
    deck.stop();
    client.clear();
  });
  return { place, now };
}

/** A deck whose worker sends what the script says of each topic as soon as it is watched. */
function deckOf(script: Script, now: Moment): Deck {
  const { health, hasValue = true, meeting = 'apart', link, isReplay = false } = script;
  let speak: (message: FromDeckWorker) => void = () => {};
  // The panel is a minute old when its first message comes, so that the script can say it has waited.
  let moment = before(now, 60_000);
  const about = (key: string, topic: Topic): void => {
    moment = now;
    if (topic.kind === 'candles') {
      const candles = [{ key, epoch: 'e', restart: true, updates: [] }];
      speak({ type: 'batch', receivedAt: undefined, topics: [], candles });
      return;
    }
    const value = hasValue ? valueOf(topic, now, meeting) : undefined;
    const update = { key, health: healthAt(now, health?.(now, topic)) };
    const topics = [value === undefined ? update : { ...update, value }];
    speak({ type: 'batch', receivedAt: undefined, topics, candles: [] });
  };
  return new Deck(
    {
      loop: flushLoop,
      clock: { now: () => moment.wall, monotonic: () => moment.at },
      startWorker: () => ({
        post(message) {
          if (message.type === 'watch') about(message.key, message.topic);
          if (message.type !== 'start') return;
          speak({ type: 'link', link: OPEN_LINK });
          speak({ type: 'link', link: { ...OPEN_LINK, ...link?.(now) } });
          if (!isReplay) return;
          const [clock, from, to] = [now.wall, now.wall - 3_600_000, now.wall + 3_600_000];
          const view = { state: 'paused', clock, speed: 1, from, to, connections: 1 } as const;
          speak({ type: 'replay-state', view, seeked: false });
        },
        listen: (onMessage) => void (speak = onMessage),
        terminate: () => {},
      }),
      addresses: () =>
        Promise.resolve({
          addresses: { direct: undefined, sameOrigin: location.origin },
          preferSameOrigin: false,
        }),
      token: () => undefined,
      isVisible: () => true,
      onVisibility: () => () => {},
      onLeave: () => () => {},
      onVia: () => {},
    },
    isReplay ? REPLAY_ID : undefined,
  );
}

/** Answers the page's `fetch` requests as the feed. A `Response` is passed through, other values become JSON. */
function answerRequests(answers: Answers, now: Moment): void {
  const ask = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input, location.href);
    if (url.pathname === '/config.json') return Response.json({});
    if (!url.pathname.startsWith('/v1/')) return ask(input, init);
    const answer = answers[url.pathname];
    if (answer !== undefined) {
      const body = answer(now, url);
      return body instanceof Response ? body : Response.json(body);
    }
    return new Promise((_, reject) => {
      init?.signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError')));
    });
  };
  onTestFinished(() => {
    globalThis.fetch = ask;
  });
}

/** The effective opacity of an element with its ancestors: 1 is full, less is dimmed. */
export function opacityOf(element: Element): number {
  let opacity = 1;
  for (let each: Element | null = element; each !== null; each = each.parentElement)
    opacity *= Number(getComputedStyle(each).opacity);
  return opacity;
}

/**
 * What axe finds serious in `place`. Dimmed values are faint on purpose, the state beside them is not: the contrast
 * of dimmed values is not checked.
 */
export async function seriousFindings(place: HTMLElement): Promise<readonly string[]> {
  const { violations } = await axe.run(
    // The chart's canvas and attribution belong to its library.
    { include: [place], exclude: [['[data-testid=chart-canvas]']] },
    { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] },
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes
        .filter(({ target }) => id !== 'color-contrast' || !isDimmed(place, target))
        .map(({ html }) => `${id}: ${html.slice(0, 160)}`),
    );
}

function isDimmed(place: HTMLElement, target: axe.NodeResult['target']): boolean {
  const element = place.ownerDocument.querySelector(String(target[0]));
  return element !== null && opacityOf(element) < 1;
}

/** Texts that should be whole but are clipped or outside the visible area. */
export function cutTexts(elements: readonly Element[]): readonly string[] {
  return elements.filter(isCut).map((each) => each.textContent);
}

function isCut(element: Element): boolean {
  if (
    element.scrollWidth > element.clientWidth + 1 &&
    getComputedStyle(element).display !== 'inline'
  )
    return true;
  const box = element.getBoundingClientRect();
  for (let over = element.parentElement; over !== null; over = over.parentElement) {
    const frame = over.getBoundingClientRect();
    const cuts = over === document.body || getComputedStyle(over).overflowX !== 'visible';
    if (cuts && (box.right > frame.right + 1 || box.left < frame.left - 1)) return true;
  }
  return false;
}
