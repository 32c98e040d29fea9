import { FrameError } from '../down-frame.ts';
import type { ByteReader } from './byte-reader.ts';
import { EXTENDED } from './record-kind.ts';

/** The flags of a record, of which `known` are. @throws FrameError for one that would change what follows. */
export function readFlags(reader: ByteReader, known: number): number {
  const flags = reader.byte();
  if ((flags & ~(known | EXTENDED)) !== 0) throw new FrameError(`flags ${flags} are unknown`);
  return flags;
}
