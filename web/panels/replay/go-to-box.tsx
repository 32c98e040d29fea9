'use client';
import { useState, type Ref } from 'react';

import { parseGoTo } from '../../format/go-to.ts';
import { useSettings } from '../../hooks/use-settings.ts';
import type { ReplayView } from '../../live/live.ts';

/** `14:03:22.120`, `+5m`, `end`: Enter seeks, Esc leaves the box. */
export function GoToBox(props: {
  readonly ref: Ref<HTMLInputElement>;
  readonly view: ReplayView;
  readonly onGo: (to: number) => void;
}) {
  const { view } = props;
  const { timeZone } = useSettings();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string | undefined>(undefined);
  return (
    <form
      className="relative"
      onSubmit={(event) => {
        event.preventDefault();
        const result = parseGoTo(text, {
          clock: view.clock,
          from: view.from,
          to: view.to,
          zone: timeZone,
        });
        if ('problem' in result) {
          setProblem(result.problem);
          return;
        }
        setProblem(undefined);
        setText('');
        // The keys control the transport again.
        if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
        props.onGo(result.to);
      }}
    >
      <input
        ref={props.ref}
        value={text}
        aria-label="Go to a time"
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : 'go-to-problem'}
        data-testid="go-to"
        placeholder="Go to 14:03:22 or +5m"
        className="field num h-6 w-44 text-table"
        autoComplete="off"
        onChange={(event) => {
          setText(event.target.value);
          setProblem(undefined);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          setText('');
          setProblem(undefined);
          event.currentTarget.blur();
        }}
      />
      {problem !== undefined && (
        <p
          id="go-to-problem"
          role="alert"
          className="popup absolute top-7 right-0 z-20 w-64 px-2 py-1 text-micro text-bad"
        >
          {problem}
        </p>
      )}
    </form>
  );
}
