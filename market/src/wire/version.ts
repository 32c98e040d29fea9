/**
 * The version of the wire protocol (`docs/protocol.md`, which has a hash of both unions, so that the wire cannot
 * change by accident). A change that an old client would misread needs a new version.
 *
 * History:
 * 1: first version: books, trades, ticker, candles, replay; `digest` on book messages (P14a).
 */
export const PROTOCOL_VERSION = 1;

/** The WebSocket subprotocol of the JSON form; also the default for clients that name none. */
export const JSON_SUBPROTOCOL = 'tapedeck.v1.json';

/** The WebSocket subprotocol of the binary form (section 12): the same messages in about a sixth of the bytes. */
export const BINARY_SUBPROTOCOL = 'tapedeck.v1.bin';
