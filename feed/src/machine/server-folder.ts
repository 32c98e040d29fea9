import { dirname, resolve, sep } from 'node:path';

/**
 * A message without the folder of the history in it: where files lie on this machine is not for everybody who can ask
 * for a status. Their names stay.
 */
export function withoutFolderOf(history: string, message: string): string {
  if (history === ':memory:') return message;
  const folders = new Set([dirname(resolve(history)), dirname(history)]);
  folders.delete('.');
  let text = message;
  for (const folder of folders) text = text.replaceAll(`${folder}${sep}`, '');
  return text;
}
