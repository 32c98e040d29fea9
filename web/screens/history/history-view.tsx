'use client';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { parseAsString, useQueryState } from 'nuqs';

import { CANDLE_INTERVALS } from '@tapedeck/market/tape/candle';
import type { CandleBody, InstrumentBody } from '@tapedeck/market/wire/http';

import { intervalParser, wholeParser } from '../../address/url-state.ts';
import { changeOf, priceText, sizeText } from '../../format/market-text.ts';
import { countText } from '../../format/rate-text.ts';
import { timeText, zonedTimeText } from '../../format/time-text.ts';
import { zoneName } from '../../format/time-zone.ts';
import { usePageTitle } from '../../hooks/use-page-title.ts';
import { useSettings } from '../../hooks/use-settings.ts';
import { useAnswerAge, useInstruments } from '../../live/live.ts';
import { useAskAgain } from '../../queries/ask-again.ts';
import { candlesQuery } from '../../queries/candles.ts';
import { ChangeText } from '../../ui/change-text.tsx';
import { Choice } from '../../ui/choice.tsx';
import { Loading } from '../../ui/loading.tsx';
import { Page } from '../../ui/page.tsx';
import { PanelMessage, Problem } from '../../ui/panel-message.tsx';
import { candleCsv } from './candle-csv.ts';

const PAGE_CANDLES = 300;
/** The newest page has a forming candle: it is refetched this often, and marked as old if nothing answers. */
const REREAD_MS = 5_000;
const OLD_MS = 15_000;

/** `/history`: stored candles of any symbol, a page at a time, as a table or a CSV file. */
export function HistoryView() {
  usePageTitle('History');
  const instruments = useInstruments();
  const { timeZone } = useSettings();
  const [named, setNamed] = useQueryState('sym', parseAsString);
  const [interval, setInterval] = useQueryState('tf', intervalParser);
  const [to, setTo] = useQueryState('to', wholeParser);
  const instrument = instruments.find((one) => one.symbol === named) ?? instruments[0];
  const askAgain = useAskAgain();
  const query = candlesQuery(instrument?.symbol ?? '', interval, {
    limit: PAGE_CANDLES,
    ...(to !== null && { to }),
  });
  const candles = useQuery({
    ...query,
    enabled: instrument !== undefined,
    refetchInterval: to === null && REREAD_MS,
    placeholderData: keepPreviousData,
  });
  const list = candles.data?.candles ?? [];
  const isOld = useAnswerAge(candles.dataUpdatedAt) > OLD_MS && to === null && list.length > 0;
  // Older candles may use finer steps than the symbol has now.
  const counted = instrument && { ...instrument, ...candles.data?.instrument };
  const oldest = list[0]?.openTime;
  return (
    <Page
      title="History"
      note={`Times in ${zoneName(timeZone)}`}
      actions={
        <>
          {isOld && (
            <span className="text-table text-delayed" role="status">
              No answer since {timeText(candles.dataUpdatedAt, timeZone)}; the newest candle is from
              then
            </span>
          )}
          <Choice
            label="Symbol"
            value={instrument?.symbol ?? ''}
            options={instruments.map((one) => ({ value: one.symbol, label: one.symbol }))}
            onChange={(symbol) => {
              void setNamed(symbol);
              void setTo(null);
            }}
            className="min-w-40"
          />
          <Choice
            label="Interval"
            value={interval}
            options={CANDLE_INTERVALS.map((value) => ({ value, label: value }))}
            onChange={(value) => {
              void setInterval(value);
              void setTo(null);
            }}
          />
          <button
            type="button"
            className="control"
            disabled={list.length === 0 || counted === undefined}
            onClick={() => counted !== undefined && download(list, counted, interval)}
          >
            <Download size={12} aria-hidden /> CSV
          </button>
        </>
      }
    >
      {candles.isError && candles.data === undefined ? (
        <Problem message={candles.error.message} onRetry={() => askAgain(query)} />
      ) : candles.data === undefined || counted === undefined ? (
        <Loading what="candles" onRetry={() => askAgain(query)} />
      ) : list.length === 0 ? (
        <PanelMessage title="No candles in this period" />
      ) : (
        <>
          <CandleTable candles={list} instrument={counted} />
          <div className="flex justify-center gap-2 p-3">
            <button
              type="button"
              className="control"
              disabled={oldest === undefined || list.length < PAGE_CANDLES}
              onClick={() => void setTo(oldest ?? null)}
            >
              Older
            </button>
            <button
              type="button"
              className="control"
              disabled={to === null}
              onClick={() => void setTo(null)}
            >
              Newest
            </button>
          </div>
        </>
      )}
    </Page>
  );
}

function CandleTable(props: {
  readonly candles: readonly CandleBody[];
  readonly instrument: InstrumentBody;
}) {
  const { timeZone } = useSettings();
  const { instrument } = props;
  return (
    <table className="data">
      <thead>
        <tr>
          <th scope="col">Time</th>
          {['Open', 'High', 'Low', 'Close', 'Change', `Volume ${instrument.base}`, 'Trades'].map(
            (text) => (
              <th key={text} scope="col" className="right">
                {text}
              </th>
            ),
          )}
        </tr>
      </thead>
      <tbody>
        {props.candles.toReversed().map((candle) => (
          <tr key={candle.openTime}>
            <td className="num text-soft">
              {zonedTimeText(candle.openTime, timeZone)}
              {candle.source === 'venue' && <span className="ml-2 text-faint">from the venue</span>}
              {candle.state === 'forming' && <span className="ml-2 text-info">forming</span>}
            </td>
            {[candle.open, candle.high, candle.low, candle.close].map((price, index) => (
              // The four prices are identified only by their column.
              // oxlint-disable-next-line react/no-array-index-key
              <td key={index} className="right num">
                {priceText(price, instrument)}
              </td>
            ))}
            <td className="right">
              <ChangeText fraction={changeOf(candle.close, candle.open)} />
            </td>
            <td className="right num">{sizeText(candle.volume, instrument)}</td>
            <td className="right num text-soft">{countText(candle.trades)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function download(
  candles: readonly CandleBody[],
  instrument: InstrumentBody,
  interval: string,
): void {
  const url = URL.createObjectURL(
    new Blob([candleCsv(candles, instrument)], { type: 'text/csv;charset=utf-8' }),
  );
  const link = document.createElement('a');
  link.href = url;
  link.download = `${instrument.symbol.replaceAll(/[^\w.@-]/g, '-')}-${interval}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}
