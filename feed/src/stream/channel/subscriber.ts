import type { Moment } from '@tapedeck/market/time/clock';

import type { Parcel } from '../frame/parcel.ts';
import type { WireForm } from '../frame/wire-form.ts';

/** One connection as the hub sees it. */
export interface Subscriber {
  readonly form: WireForm;
  /** Everything of this turn from the channels it follows, to be written now. */
  take(parcel: Parcel, now: Moment): void;
}
