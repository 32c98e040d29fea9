/*
 * One owner of `document.title`: the page says what it is, alerts put a mark before it. Next writes the title of a
 * route once; after that this module has the last word.
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

/** What stands before the title, for instance `(2)` while alerts fire; empty for nothing. */
export function setTitleMark(text: string): void {
  mark = text;
  write();
}
