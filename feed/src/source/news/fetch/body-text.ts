import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** Of a document, compressed or not. Feeds with whole articles have up to a megabyte. */
const MAX_BODY_BYTES = 2 * 1_024 * 1_024;
/** How far an XML declaration is looked for. */
const HEAD = 200;

/** The text of an answer. @throws Error if it is too large, broken off, or in an encoding that is unknown. */
export async function bodyText(response: IncomingMessage): Promise<string> {
  const bytes = await bodyBytes(response);
  return decoded(bytes, response.headers['content-type'] ?? '');
}

async function bodyBytes(response: IncomingMessage): Promise<Buffer> {
  let received = 0;
  response.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received > MAX_BODY_BYTES) response.destroy(tooLarge());
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of decompressed(response)) {
    bytes += (chunk as Buffer).length;
    // A small answer may grow a thousandfold when it is decompressed: it stops here.
    if (bytes > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function tooLarge(): Error {
  return new Error(`it is larger than ${MAX_BODY_BYTES / 1_024 / 1_024} MiB`);
}

function decompressed(response: IncomingMessage): Readable {
  const encoding = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const through = (decoder: ReturnType<typeof createGunzip>): Readable =>
    pipeline(response, decoder, () => {
      // An error destroys the decoder, whose reader gets it.
    });
  switch (encoding) {
    case 'identity':
    case '':
      return response;
    case 'gzip':
    case 'x-gzip':
      return through(createGunzip());
    case 'deflate':
      return through(createInflate());
    case 'br':
      return through(createBrotliDecompress());
    default:
      throw new Error(`it is compressed as "${encoding.slice(0, 40)}", which was not asked for`);
  }
}

/** By its byte order mark, else by the header, else by the XML declaration, else UTF-8 (RFC 7303, section 3). */
function decoded(bytes: Buffer, contentType: string): string {
  const label = markOf(bytes) ?? /charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1];
  const head = bytes.subarray(0, HEAD).toString('latin1');
  const charset = label ?? /^\s*<\?xml[^>]*encoding\s*=\s*["']([^"']+)/i.exec(head)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch (error) {
    throw new Error(`its character set "${charset.slice(0, 40)}" is unknown`, { cause: error });
  }
}

function markOf(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return undefined;
}
