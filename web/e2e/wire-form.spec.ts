/* The page uses the binary form, and JSON on request or if nothing else gets through (section 12 of the protocol). */
import { type AddressInfo, connect, createServer } from 'node:net';

import { expect, type Page } from '@playwright/test';

import { type Servers, test } from './servers.ts';

const SUBPROTOCOLS = /Sec-WebSocket-Protocol: [^\r]*\r\n/i;
const UPGRADED = /^HTTP\/1\.1 101 [^]*?\r\n\r\n/;
/** Opcodes of RFC 6455. */
const KINDS: Readonly<Record<number, string>> = { 1: 'text', 2: 'bytes' };

/** Reads the kinds of a server's frames from the bytes of one connection. */
class FrameReader {
  #kept = Buffer.alloc(0);
  #isUpgraded = false;

  /** The kinds of the frames that begin in these bytes. */
  *take(data: Buffer): Iterable<string> {
    this.#kept = Buffer.concat([this.#kept, data]);
    if (!this.#isUpgraded) {
      const head = UPGRADED.exec(this.#kept.toString('latin1'))?.[0];
      if (head === undefined) return;
      this.#isUpgraded = true;
      this.#kept = this.#kept.subarray(head.length);
    }
    for (let size = this.#frameBytes(); size <= this.#kept.length; size = this.#frameBytes()) {
      const kind = KINDS[(this.#kept[0] ?? 0) & 0x0f];
      if (kind !== undefined) yield kind;
      this.#kept = this.#kept.subarray(size);
    }
  }

  /** The size of the next frame with its header; infinite while the header is incomplete. */
  #frameBytes(): number {
    const short = (this.#kept[1] ?? 0) & 0x7f;
    const head = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (this.#kept.length < head) return Infinity;
    if (head === 10) return head + Number(this.#kept.readBigUInt64BE(2));
    return head + (head === 4 ? this.#kept.readUInt16BE(2) : short);
  }
}

/** The web's port behind one that notes the kinds of WebSocket frames and can remove subprotocols, as proxies do. */
async function tap(
  page: Page,
  servers: Servers,
  strips: boolean,
): Promise<{
  readonly url: string;
  readonly kinds: ReadonlySet<string>;
  readonly close: () => void;
}> {
  const kinds = new Set<string>();
  const server = createServer((socket) => {
    const onward = connect(Number(new URL(servers.webUrl).port), '127.0.0.1');
    const reader = new FrameReader();
    socket.on('data', (data) => {
      const text = data.toString('latin1');
      const isStripped = strips && SUBPROTOCOLS.test(text);
      onward.write(isStripped ? text.replace(SUBPROTOCOLS, '') : data, 'latin1');
    });
    onward.on('data', (data) => {
      for (const kind of reader.take(data)) kinds.add(kind);
      socket.write(data);
    });
    socket.on('close', () => onward.end());
    onward.on('close', () => socket.end());
    socket.on('error', () => onward.destroy());
    onward.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  // All of the page's connections come by this port.
  await page.route('**/config.json', (route) => route.fulfill({ json: {} }));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, kinds, close: () => void server.close() };
}

for (const [query, kind] of [
  ['', 'bytes'],
  ['?wire=json', 'text'],
] as const) {
  test(`/s${query} is live over ${kind}`, async ({ page, servers }) => {
    const { url, kinds, close } = await tap(page, servers, false);
    await page.goto(`${url}/s/BTC-USD@sim${query}`);
    await expect(page.getByTestId('ladder')).toHaveAttribute('data-state', 'live', {
      timeout: 20_000,
    });
    await expect(page.getByTestId('tape').first()).toBeVisible();
    expect([...kinds]).toEqual([kind]);
    await page.close();
    close();
  });
}

test('behind a proxy that strips subprotocols the page is live over text', async ({
  page,
  servers,
}) => {
  const { url, kinds, close } = await tap(page, servers, true);
  await page.goto(`${url}/s/BTC-USD@sim`);
  await expect(page.getByTestId('ladder')).toHaveAttribute('data-state', 'live', {
    timeout: 20_000,
  });
  await expect.poll(() => [...kinds]).toEqual(['text']);
  await page.close();
  close();
});
