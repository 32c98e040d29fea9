/*
 * Binance's rules for a local book, https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams :
 *
 *            dropped              first after the snapshot     then
 *   spot     u <= lastUpdateId    U <= lastUpdateId + 1        U <= last u + 1
 *   futures  u <  lastUpdateId    U <= lastUpdateId <= u       pu is the last u
 */
import type { DiffCheck, CheckVerdict } from '../diff-check.ts';
import { isNextId, isSameId } from '../venue-event.ts';

/**
 * Two sockets stamp the same delta some ms apart. A lower id this much later means that the venue restarted its ids.
 */
const RESTARTED_MS = 1_000;

export const checkBinance: DiffCheck = (previous, diff) => {
  const { id, isSnapshot } = previous;
  const { firstId, lastId, previousId } = diff;
  if (previousId === undefined) {
    if (lastId <= id) return oldOrReset(previous, diff);
    // An overlap after a reconnect is harmless: sizes are absolute.
    return firstId <= id || isNextId(id, firstId) ? 'apply' : 'gap';
  }
  if (isSnapshot) {
    if (lastId < id) return oldOrReset(previous, diff);
    return firstId <= id || isSameId(previousId, id) ? 'apply' : 'gap';
  }
  if (isSameId(previousId, id)) return 'apply';
  return lastId <= id ? oldOrReset(previous, diff) : 'gap';
};

function oldOrReset(
  { eventTime, isSnapshot }: Parameters<DiffCheck>[0],
  diff: Parameters<DiffCheck>[1],
): CheckVerdict {
  if (isSnapshot || eventTime === undefined) return 'old';
  return diff.eventTime > eventTime + RESTARTED_MS ? 'reset' : 'old';
}
