/**
 * A 32-bit seed for one named stream of one market (FNV-1a of the text), so that a symbol's flow does not depend on
 * the other symbols.
 */
export function streamSeed(seed: number, name: string): number {
  let hash = 0x811c9dc5;
  for (const character of `${seed}/${name}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash >>> 0;
}
