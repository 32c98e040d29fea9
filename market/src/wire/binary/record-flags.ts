import { FrameError } from '../down-frame.ts';
import type { ByteReader } from './byte-reader.ts';
import { EXTENDED } from './record-kind.ts';

/** Reads the flags of a record. @throws FrameError for a flag that is neither in `known` nor `EXTENDED`. */
export function readFlags(reader: ByteReader, known: number): number {
  const flags = reader.byte();
  if ((flags & ~(known | EXTENDED)) !== 0) throw new FrameError(`flags ${flags} are unknown`);
  return flags;
}
