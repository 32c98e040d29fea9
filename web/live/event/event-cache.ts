import type { QueryClient } from '@tanstack/react-query';

import type { AlertEvent, Headline, LoggedEvent, StatusBody } from '@tapedeck/market/wire/event';
import type { AlertsBody, NewsBody, StatusReport } from '@tapedeck/market/wire/http';

import { queryKeys } from '../../queries/query-keys.ts';
import { isFiring, isOfRule } from './alert-news.ts';

/** Most entries in the cached lists; older ones are fetched by page. */
const MAX_KEPT = 500;

/** Updates the query cache with one event of the feed's log. */
export function applyEvent(client: QueryClient, event: LoggedEvent, replayId?: string): void {
  switch (event.topic) {
    case 'news':
      applyHeadline(client, event.body, replayId);
      return;
    case 'status':
      if (replayId === undefined) applyStatus(client, event.body);
      return;
    case 'alert':
      if (replayId === undefined) applyAlert(client, event.body);
      return;
    case 'session':
      void client.invalidateQueries({ queryKey: queryKeys.sessions });
      void client.invalidateQueries({ queryKey: queryKeys.session(event.body.id) });
  }
}

const KEYS = {
  news: queryKeys.allNews,
  status: queryKeys.status,
  alert: queryKeys.alerts,
  session: queryKeys.sessions,
} as const;

/** Whether what the event changes is being read from the feed at the moment. */
export function isBeingRead(client: QueryClient, { topic }: LoggedEvent): boolean {
  return client.isFetching({ queryKey: KEYS[topic] }) > 0;
}

/** After a connect without a full resume: everything that events keep current is fetched again. */
export function refreshAll(client: QueryClient): void {
  for (const queryKey of [
    queryKeys.allNews,
    queryKeys.status,
    queryKeys.alerts,
    queryKeys.sessions,
    queryKeys.instruments,
  ]) {
    void client.invalidateQueries({ queryKey });
  }
}

function applyHeadline(
  client: QueryClient,
  headline: Headline,
  replayId: string | undefined,
): void {
  for (const query of client.getQueryCache().findAll({ queryKey: queryKeys.allNews })) {
    const filter = query.queryKey[1] as
      | { symbols?: readonly string[]; replay?: string }
      | undefined;
    if (filter?.replay !== replayId) continue;
    const symbols = filter?.symbols ?? [];
    // A headline without symbols concerns all of them, as in `/v1/news`.
    const isWanted =
      symbols.length === 0 ||
      headline.symbols.length === 0 ||
      symbols.some((symbol) => headline.symbols.includes(symbol));
    if (!isWanted) continue;
    client.setQueryData<NewsBody>(query.queryKey, (body) => {
      if (body === undefined || body.headlines.some(({ id }) => id === headline.id)) return body;
      const headlines = [headline, ...body.headlines]
        .sort((a, b) => b.time - a.time)
        .slice(0, MAX_KEPT);
      return { ...body, headlines };
    });
  }
}

function applyStatus(client: QueryClient, status: StatusBody): void {
  client.setQueryData<StatusReport>(
    queryKeys.status,
    (report) => report && { ...report, events: [...report.events, status].slice(-MAX_KEPT) },
  );
  // A halt or its end changes the state of instruments.
  void client.invalidateQueries({ queryKey: queryKeys.instruments });
}

function applyAlert(client: QueryClient, alert: AlertEvent): void {
  const known = client.getQueryData<AlertsBody>(queryKeys.alerts);
  // The rule was created, changed or deleted (P13e): only the feed knows its current form.
  if (
    isOfRule(alert) ||
    known === undefined ||
    !known.rules.some(({ id }) => id === alert.ruleId)
  ) {
    void client.invalidateQueries({ queryKey: queryKeys.alerts });
    return;
  }
  client.setQueryData<AlertsBody>(
    queryKeys.alerts,
    (body) =>
      body && {
        rules: body.rules.map((rule) =>
          rule.id === alert.ruleId
            ? {
                ...rule,
                state: alert.state,
                ...(isFiring(alert)
                  ? { firedAt: alert.time, enabled: rule.enabled && rule.repeat === 'every' }
                  : {}),
              }
            : rule,
        ),
        log: body.log.some(({ id }) => id === alert.id)
          ? body.log
          : [alert, ...body.log].slice(0, MAX_KEPT),
      },
  );
}
