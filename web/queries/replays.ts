import type { MutationOptions } from '@tanstack/react-query';

import type { CreateReplay, ReplayBody } from '@tapedeck/market/wire/http';

import { feedFetch } from '../http/feed-fetch.ts';

/** Creates a replay; a `ReplayDeckProvider` joins the id in the response. */
export function createReplay(): MutationOptions<Pick<ReplayBody, 'id'>, Error, CreateReplay> {
  return {
    mutationFn: async (input) => {
      const response = await feedFetch('/v1/replays', {
        method: 'POST',
        body: JSON.stringify(input),
      });
      return (await response.json()) as Pick<ReplayBody, 'id'>;
    },
  };
}
