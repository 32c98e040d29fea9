/** A level as the venue wrote it: decimal text, untouched until the grid is known. */
export type TextLevel = readonly [price: string, size: string];
