'use client';

/** Its code is in every page, beside that of the page: no component and no glyph of the panels, which it would repeat. */
export default function ErrorPage(props: {
  readonly error: Error & { readonly digest?: string };
  readonly reset: () => void;
}) {
  const { error, reset } = props;
  return (
    <main className="flex h-dvh items-center justify-center p-3">
      <div
        role="alert"
        className="flex max-w-[56ch] flex-col gap-2 rounded-md border border-bad p-3"
      >
        <p className="min-w-0 text-table break-words text-text">
          {`This page failed: ${error.message}${error.digest === undefined ? '' : ` (${error.digest})`}`}
        </p>
        <div className="flex gap-1">
          <button type="button" className="control control-small" onClick={reset}>
            Retry
          </button>
          <button
            type="button"
            className="control control-small"
            onClick={() => void navigator.clipboard?.writeText(error.message)}
          >
            Copy
          </button>
        </div>
      </div>
    </main>
  );
}
