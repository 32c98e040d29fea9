'use client';
import { useEffect, useState, type ReactNode } from 'react';

import { PanelMessage, Problem } from './panel-message.tsx';

/** Waiting longer than this is an error with a retry, as in every panel. */
const ERROR_AFTER_MS = 10_000;

/**
 * A request in flight: `what` is a noun, `candles`. A request may hang for as long as its connection does, so after
 * ten seconds this shows an error; `onRetry` sends it again, and the ten seconds start over.
 */
export function Loading(props: {
  readonly what: string;
  readonly onRetry: () => void;
  readonly title?: string;
  readonly action?: ReactNode;
}) {
  const { what, onRetry, title = `Loading ${what}\u2026` } = props;
  const [attempt, setAttempt] = useState(0);
  const [lateAttempt, setLateAttempt] = useState<number | undefined>(undefined);
  useEffect(() => {
    const timer = setTimeout(() => setLateAttempt(attempt), ERROR_AFTER_MS);
    return () => clearTimeout(timer);
  }, [attempt]);
  if (lateAttempt !== attempt) return <PanelMessage title={title} action={props.action} />;
  return (
    <Problem
      message={`Waited ${ERROR_AFTER_MS / 1_000} s for ${what}: no answer.`}
      onRetry={() => {
        setAttempt(attempt + 1);
        onRetry();
      }}
    />
  );
}
