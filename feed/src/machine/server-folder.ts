import { dirname, resolve, sep } from 'node:path';

/**
 * A message without the history's folder: where files are on this machine is not for everyone who can read the
 * status. File names stay.
 */
export function withoutFolderOf(history: string, message: string): string {
  if (history === ':memory:') return message;
  const folders = new Set([dirname(resolve(history)), dirname(history)]);
  folders.delete('.');
  let text = message;
  for (const folder of folders) text = text.replaceAll(`${folder}${sep}`, '');
  return text;
}
