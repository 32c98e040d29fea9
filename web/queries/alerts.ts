import { type MutationOptions, type QueryClient, queryOptions } from '@tanstack/react-query';

import type { AlertInput, AlertPatch, AlertRule } from '@tapedeck/market/wire/alert';
import type { AlertsBody } from '@tapedeck/market/wire/http';

import { feedFetch, feedJson } from '../http/feed-fetch.ts';
import { queryKeys } from './query-keys.ts';

/** What the form provides: fields with a default may be left out. */
export type AlertDraft = Pick<AlertInput, 'symbol' | 'kind'> & Partial<AlertInput>;

/** All alert rules with their log; alert events keep them current. */
export function alertsQuery() {
  return queryOptions({
    queryKey: queryKeys.alerts,
    queryFn: ({ signal }) => feedJson<AlertsBody>('/v1/alerts', signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Creates a rule. */
export function createAlert(client: QueryClient): MutationOptions<AlertRule, Error, AlertDraft> {
  return {
    mutationFn: async (draft) => send('/v1/alerts', 'POST', draft),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.alerts }),
  };
}

/** Changes a rule. */
export function patchAlert(
  client: QueryClient,
): MutationOptions<AlertRule, Error, { readonly id: string; readonly patch: AlertPatch }> {
  return {
    mutationFn: async ({ id, patch }) =>
      send(`/v1/alerts/${encodeURIComponent(id)}`, 'PATCH', patch),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.alerts }),
  };
}

/** Deletes a rule; its log entries stay. */
export function deleteAlert(client: QueryClient): MutationOptions<void, Error, string> {
  return {
    mutationFn: async (id) => {
      await feedFetch(`/v1/alerts/${encodeURIComponent(id)}`, { method: 'DELETE' });
    },
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.alerts }),
  };
}

async function send(path: string, method: string, body: unknown): Promise<AlertRule> {
  const response = await feedFetch(path, { method, body: JSON.stringify(body) });
  return (await response.json()) as AlertRule;
}
