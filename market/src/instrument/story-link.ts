/**
 * Whether a text is the address of a story that a page may link to: http or https, with a host. Anything else, such as
 * `javascript:`, would run in the page that shows it.
 */
export function isStoryLink(text: string): boolean {
  return /^https?:\/\/[^\s/?#]\S*$/i.test(text);
}
