import type { DownMessage } from '@tapedeck/market/wire/down';
import { JSON_SUBPROTOCOL } from '@tapedeck/market/wire/version';

/** How messages become bytes on the connections of one subprotocol. */
export interface WireForm {
  /** The subprotocol that a client names to get it. */
  readonly subprotocol: string;
  /** Whether its frames are text frames. */
  readonly isText: boolean;
  /** What stands between two messages of one frame (P4); empty where a message says where it ends. */
  readonly separator: Buffer;
  encode(message: DownMessage): Buffer;
}

export const JSON_FORM: WireForm = {
  subprotocol: JSON_SUBPROTOCOL,
  isText: true,
  separator: Buffer.from('\n'),
  encode: (message) => Buffer.from(JSON.stringify(message)),
};

/** Every form that the feed speaks: a second subprotocol is an entry here. */
const WIRE_FORMS: ReadonlyMap<string, WireForm> = new Map(
  [JSON_FORM].map((form) => [form.subprotocol, form]),
);

/** The subprotocol for a client that offers these, in its own order of preference; false where it offers none of ours. */
export function chooseSubprotocol(offered: Iterable<string>): string | false {
  for (const name of offered) if (WIRE_FORMS.has(name)) return name;
  return false;
}

/** The form of a connection by its agreed subprotocol: JSON where there is none. */
export function wireFormOf(subprotocol: string): WireForm {
  return WIRE_FORMS.get(subprotocol) ?? JSON_FORM;
}
