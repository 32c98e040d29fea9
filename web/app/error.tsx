'use client';
import { Problem } from '../ui/panel-message.tsx';

export default function ErrorPage(props: {
  readonly error: Error & { readonly digest?: string };
  readonly reset: () => void;
}) {
  const { error, reset } = props;
  return (
    <main className="h-dvh">
      <Problem
        message={`This page failed: ${error.message}${error.digest === undefined ? '' : ` (${error.digest})`}`}
        onRetry={reset}
      />
    </main>
  );
}
