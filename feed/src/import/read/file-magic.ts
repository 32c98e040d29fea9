/* What a file is by its first bytes, where it is no text. */

export const MAGIC_BYTES = 8;

const MAGICS: readonly (readonly [kind: string, ...bytes: readonly number[]])[] = [
  ['gzip', 0x1f, 0x8b],
  ['zip', 0x50, 0x4b, 0x03, 0x04],
  ['zip', 0x50, 0x4b, 0x05, 0x06],
  ['zip', 0x50, 0x4b, 0x07, 0x08],
  ['zstd', 0x28, 0xb5, 0x2f, 0xfd],
  ['xz', 0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  ['bzip2', 0x42, 0x5a, 0x68],
  ['7z', 0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c],
  ['rar', 0x52, 0x61, 0x72, 0x21],
  ['parquet', 0x50, 0x41, 0x52, 0x31],
];

/** `gzip` and `zip` are read, others are named to whoever gives one; undefined for text and for what is not known. */
export function magicOf(head: Uint8Array): string | undefined {
  return MAGICS.find(([, ...bytes]) => bytes.every((byte, at) => head[at] === byte))?.[0];
}
