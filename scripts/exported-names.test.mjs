import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseAst } from 'rolldown/parseAst';
import { expect, test } from 'vitest';

import { ROOMS } from '../rooms.ts';
import { ROOT } from './node-runtime.mjs';
import { sourceFiles } from './rooms.mjs';

/** Names that Next.js expects in route files. */
const NAMES_OF_NEXT = new Set(
  'config dynamic generateMetadata generateViewport metadata proxy revalidate viewport GET POST'.split(
    ' ',
  ),
);

/**
 * The names that a source text declares and exports. Re-exported names belong to the file that declares them.
 * @param {string} text
 * @returns {string[]} each name once, although a value and its type may share it
 */
function exportedNames(text) {
  const names = parseAst(text, { lang: 'tsx' }).body.flatMap((statement) => {
    if (statement.type !== 'ExportNamedDeclaration' || !statement.declaration) return [];
    const { declaration } = statement;
    const declared =
      declaration.type === 'VariableDeclaration' ? declaration.declarations : [declaration];
    return declared.map(({ id }) => (id?.type === 'Identifier' ? id.name : ''));
  });
  return [...new Set(names)];
}

test('a name counts where it is declared, not where it is re-exported', () => {
  const text = [
    'export const Tick = 1, lot = 2; export type Tick = number;',
    'export async function read<T,>() { return <b>{1}</b>; } export abstract class Book {}',
    "export { other } from './other.ts'; export type { Third } from './third.ts'; class Own {}",
  ].join('\n');
  expect(exportedNames(text)).toEqual(['Tick', 'lot', 'read', 'Book']);
});

test('no two files export the same name', () => {
  /** @type {Map<string, string[]>} */
  const filesOf = new Map();
  for (const sources of Object.keys(ROOMS)) {
    for (const file of sourceFiles(sources)) {
      const path = join(sources, file);
      for (const name of exportedNames(readFileSync(join(ROOT, path), 'utf8')))
        filesOf.set(name, [...(filesOf.get(name) ?? []), path]);
    }
  }
  const shared = [...filesOf].filter(
    ([name, files]) => files.length > 1 && !NAMES_OF_NEXT.has(name),
  );
  expect(Object.fromEntries(shared)).toEqual({});
});
