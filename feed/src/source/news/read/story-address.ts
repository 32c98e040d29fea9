import { isStoryLink } from '@tapedeck/market/instrument/story-link';

const MAX_LINK = 2_000;
/** What says where a reader came from: the same story has it in one feed and not in another. */
const TRACKING = /^(?:utm_.*|fbclid|gclid|mc_[ce]id|at_(?:medium|campaign))$/i;

/**
 * The address of a story, absolute, without passwords and without what only tracks readers; undefined if it is none
 * that a page may link to.
 */
export function storyAddress(text: string | undefined, base: string): string | undefined {
  if (text === undefined || text.trim() === '' || text.length > MAX_LINK) return undefined;
  if (!URL.canParse(text.trim(), base)) return undefined;
  const url = new URL(text.trim(), base);
  url.username = '';
  url.password = '';
  // Only if need be, because it writes the whole query anew.
  for (const name of [...url.searchParams.keys()])
    if (TRACKING.test(name)) url.searchParams.delete(name);
  return isStoryLink(url.href) && url.href.length <= MAX_LINK ? url.href : undefined;
}

/** The same for `http` and `https`. */
export function addressKey(link: string): string {
  return link.replace(/^https?:/i, '');
}

/** Whether an address is that of a whole site. */
export function isSiteRoot(link: string): boolean {
  const { pathname, search, hash } = new URL(link);
  return pathname === '/' && search === '' && hash === '';
}
