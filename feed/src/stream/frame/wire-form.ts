import { encodeBinary, repeatedLength } from '@tapedeck/market/wire/binary/binary-encoder';
import type { DownMessage } from '@tapedeck/market/wire/down';
import { BINARY_SUBPROTOCOL, JSON_SUBPROTOCOL } from '@tapedeck/market/wire/version';

/** How messages become bytes on connections of one subprotocol. */
export interface WireForm {
  /** The subprotocol that a client names to get it. */
  readonly subprotocol: string;
  /** Whether its frames are text frames. */
  readonly isText: boolean;
  /** Separates two messages of one frame (P4); empty if messages are self-delimiting. */
  readonly separator: Buffer;
  /** How many leading bytes of `next` can be left out after `before`, because they repeat what already applies. */
  readonly repeatedLength?: (before: Buffer, next: Buffer) => number;
  encode(message: DownMessage): Buffer;
}

export const JSON_FORM: WireForm = {
  subprotocol: JSON_SUBPROTOCOL,
  isText: true,
  separator: Buffer.from('\n'),
  encode: (message) => Buffer.from(JSON.stringify(message)),
};

/** The same messages in a sixth of the bytes (section 12). */
export const BINARY_FORM: WireForm = {
  subprotocol: BINARY_SUBPROTOCOL,
  isText: false,
  separator: Buffer.alloc(0),
  repeatedLength,
  encode: (message) => {
    const { buffer, byteOffset, byteLength } = encodeBinary(message);
    return Buffer.from(buffer, byteOffset, byteLength);
  },
};

/** Every form that the feed supports. */
const WIRE_FORMS: ReadonlyMap<string, WireForm> = new Map(
  [JSON_FORM, BINARY_FORM].map((form) => [form.subprotocol, form]),
);

/** The subprotocol for a client's offers, in its order of preference; false if none is ours. */
export function chooseSubprotocol(offered: Iterable<string>): string | false {
  for (const name of offered) if (WIRE_FORMS.has(name)) return name;
  return false;
}

/** The form of a connection by its agreed subprotocol: JSON if there is none. */
export function wireFormOf(subprotocol: string): WireForm {
  return WIRE_FORMS.get(subprotocol) ?? JSON_FORM;
}
