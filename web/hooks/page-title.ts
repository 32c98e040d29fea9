/*
 * The only owner of `document.title`: the page sets its own title, alerts put a mark in front. Next writes a route's
 * title once; after that only this module writes it.
 */
let page = 'Tapedeck';
let mark = '';

function write(): void {
  const title = mark === '' ? page : `${mark} ${page}`;
  if (typeof document !== 'undefined' && document.title !== title) document.title = title;
}

export function setPageTitle(title: string): void {
  page = title;
  write();
}

/** The mark in front of the title, for instance `(2)` while alerts fire; empty for none. */
export function setTitleMark(text: string): void {
  mark = text;
  write();
}
