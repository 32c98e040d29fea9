/** How a state looks: a glyph, its colour, and a word. */
export type Look = readonly [glyph: string, colour: string, word: string];

/** A state of a feed that no longer answers: no lamp is lit for what may have ended since. */
export function wasLook([, , word]: Look): Look {
  return ['○', 'text-faint', `was ${word}`];
}
