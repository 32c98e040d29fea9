import { useQueryClient, type QueryKey } from '@tanstack/react-query';

/** Repeats a query that has no data yet. A request that hangs is dropped first: `refetch` would wait for it. */
export function useAskAgain(): (query: { readonly queryKey: QueryKey }) => void {
  const client = useQueryClient();
  return ({ queryKey }) => void client.resetQueries({ queryKey, exact: true });
}
