/*
 * What recorder dumps hold that is not read, told by address or by the look of the frames: sockets of a venue beside the
 * one that is read, and venues that are not read at all. Whoever has such a dump is told so by its name.
 */

type UnreadSocket = {
  readonly what: string;
  readonly address: RegExp;
  /** A frame of it: a dump that begins in the midst has no address. */
  readonly frame: RegExp;
};

const SOCKETS: readonly UnreadSocket[] = [
  { what: 'Kraken Futures', address: /futures\.kraken\.com/, frame: /"feed":"[a-z_]+"/ },
  {
    what: 'v2 of the socket of Kraken',
    address: /kraken\.com\/v2/,
    frame: /^\{(?=.*"channel":"[a-z0-9]+")(?=.*"type":"(?:snapshot|update)").*"data":\[/,
  },
  {
    what: 'Coinbase Advanced Trade',
    address: /advanced-trade-ws|api\.coinbase\.com\/api\/v3/,
    frame: /^\{(?=.*"channel":"[a-z0-9_]+")(?=.*"sequence_num":\d).*"events":\[/,
  },
  {
    what: 'Binance Options',
    address: /(?:nbstream|eoptions|eapi|vstream|vapi)\.binance\.com/,
    frame: /"s":"[A-Z0-9]+-\d{6}-[0-9.]+-[CP]"/,
  },
];

/** What an address is that none of the venues has, as a user would name it; undefined for one that is read. */
export function unreadAddress(
  address: string,
  isRead: (address: string) => boolean,
): string | undefined {
  const socket = SOCKETS.find((each) => each.address.test(address));
  if (socket !== undefined) return socket.what;
  if (isRead(address)) return undefined;
  const host = /^\w+:\/\/([^/:?]+)/.exec(address)?.[1] ?? address;
  return host.split('.').at(-2) ?? host;
}

/** What the frames of a dump are, where most of them are of a socket that is not read. */
export function unreadFrames(frames: readonly string[]): string | undefined {
  return SOCKETS.find(({ frame }) => {
    const like = frames.filter((each) => frame.test(each)).length;
    return like > 0 && like * 2 > frames.length;
  })?.what;
}
