/*
 * Parts of recorder dumps that are not supported, recognised by address or by their frames: other sockets of a
 * supported venue, and unsupported venues. The refusal names them.
 */

type UnreadSocket = {
  readonly what: string;
  readonly address: RegExp;
  /** A frame of it: a dump that starts in the middle has no address. */
  readonly frame: RegExp;
};

const SOCKETS: readonly UnreadSocket[] = [
  {
    what: 'Bybit before version 5',
    address: /bybit\.\w+\/(?!v5\/)/,
    frame: /"topic":"(?:orderBookL2_|orderBook_|trade\.|instrument_info\.)/,
  },
  {
    what: 'Bybit options',
    address: /bybit\.\w+\/v5\/(?:public\/option|.*category=option)/,
    frame: /"topic":"orderbook\.\d+\.[A-Z]+-\w+-\d+-[CP]/,
  },
  { what: 'Kraken Futures', address: /futures\.kraken\.com/, frame: /"feed":"[a-z_]+"/ },
  {
    what: 'Binance Options',
    address: /(?:nbstream|eoptions|eapi|vstream|vapi)\.binance\.com/,
    frame: /"s":"[A-Z0-9]+-\d{6}-[0-9.]+-[CP]"/,
  },
];

/** The name of an address that is not supported, for the user; undefined for a supported one. */
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

/** The name of a dump's frames if most of them are from an unsupported socket. */
export function unreadFrames(frames: readonly string[]): string | undefined {
  return SOCKETS.find(({ frame }) => {
    const like = frames.filter((each) => frame.test(each)).length;
    return like > 0 && like * 2 > frames.length;
  })?.what;
}
