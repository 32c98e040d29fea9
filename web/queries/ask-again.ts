import { useQueryClient, type QueryKey } from '@tanstack/react-query';

/**
 * Asks a question anew that has no answer yet. A request that hangs is given up first: `refetch` would wait for it.
 */
export function useAskAgain(): (query: { readonly queryKey: QueryKey }) => void {
  const client = useQueryClient();
  return ({ queryKey }) => void client.resetQueries({ queryKey, exact: true });
}
