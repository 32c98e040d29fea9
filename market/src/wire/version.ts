/**
 * The version of the wire protocol (`docs/protocol.md`). `version.test.ts` pins a hash of both unions: a change of
 * the wire fails it until it is meant. A change that an old client would misread takes a new number.
 *
 * History:
 * 1: first version: books, trades, ticker, candles, replay; `digest` on book messages (P14a).
 */
export const PROTOCOL_VERSION = 1;

/** The WebSocket subprotocol of the JSON form; a client that names none gets it too. */
export const JSON_SUBPROTOCOL = 'tapedeck.v1.json';

/** The WebSocket subprotocol of the binary form (section 12): the same messages in a sixth of the bytes. */
export const BINARY_SUBPROTOCOL = 'tapedeck.v1.bin';
