'use client';
import { useState } from 'react';

import type {
  ChaosCommand,
  ChaosReport,
  ConnectionFaults,
  VenueFaultKind,
} from '@tapedeck/market/wire/chaos';

import { countText } from '../../format/rate-text.ts';
import { feedFetch } from '../../live/live.ts';

const CALM: ConnectionFaults = { drop: 0, duplicate: 0, reorder: 0, corrupt: 0, stallMs: 0 };
const ROUGH: ConnectionFaults = {
  drop: 0.02,
  duplicate: 0.02,
  reorder: 0.02,
  corrupt: 0.01,
  stallMs: 0,
};
const STALLS: ConnectionFaults = { ...CALM, stallMs: 4_000 };
const FAULTS: readonly VenueFaultKind[] = ['gap', 'silent', 'crossed'];
/** Long enough for the feed's watchdog to find a silent book by itself. */
const FAULT_MS = 8_000;

/** Injects faults into the feed, to show that everything recovers; counts what was injected. */
export function ChaosPanel(props: {
  readonly chaos: ChaosReport;
  readonly symbols: readonly string[];
  readonly onDone: () => void;
}) {
  const { chaos, symbols, onDone } = props;
  const [symbol, setSymbol] = useState(symbols[0] ?? '');
  const [problem, setProblem] = useState('');
  const send = async (command: ChaosCommand): Promise<void> => {
    try {
      await feedFetch('/v1/chaos', { method: 'POST', body: JSON.stringify(command) });
      setProblem('');
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
    onDone();
  };
  const harm = (faults: ConnectionFaults): void => void send({ target: 'connections', faults });
  const choices = [
    ['None', CALM],
    ['Drop, double, reorder, corrupt', ROUGH],
    ['Stalls of 4 s', STALLS],
  ] as const;
  return (
    <section
      aria-label="Faults on purpose"
      data-testid="chaos"
      data-active={chaos.active}
      className="border-t border-line px-3 py-2 text-table"
    >
      <h2 className={chaos.active ? 'font-semibold text-bad' : 'font-semibold text-soft'}>
        {chaos.active ? 'Faults are injected on purpose' : 'Faults on purpose: none now'}
      </h2>
      <div className="mt-2 flex flex-wrap items-center gap-2">
        <span className="text-faint">Connections</span>
        {choices.map(([text, faults]) => (
          <button
            key={text}
            type="button"
            className="control control-small"
            aria-pressed={JSON.stringify(faults) === JSON.stringify(chaos.faults)}
            onClick={() => harm(faults)}
          >
            {text}
          </button>
        ))}
        <label className="ml-4 text-faint">
          Source of{' '}
          <select
            className="control control-small"
            value={symbol}
            onChange={(event) => setSymbol(event.target.value)}
          >
            {symbols.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        {FAULTS.map((fault) => (
          <button
            key={fault}
            type="button"
            className="control control-small"
            onClick={() => void send({ target: 'symbol', symbol, fault, forMs: FAULT_MS })}
          >
            {fault} for {FAULT_MS / 1_000} s
          </button>
        ))}
      </div>
      <p className="num mt-1 text-micro text-faint">
        Injected:{' '}
        {Object.entries(chaos.injected)
          .map(([kind, count]) => `${kind} ${countText(count)}`)
          .join(' · ')}
      </p>
      {problem !== '' && (
        <p role="alert" className="text-bad">
          {problem}
        </p>
      )}
    </section>
  );
}
