'use client';

/** The last resort: the layout itself failed, so nothing from it can be used here. */
export default function GlobalError({ reset }: { readonly reset: () => void }) {
  return (
    <html lang="en">
      <body
        style={{ background: '#0b0e13', color: '#e8ebf0', font: '14px system-ui', padding: 24 }}
      >
        <h1 style={{ fontSize: 16 }}>This page of Tapedeck has failed.</h1>
        <p>
          A part of it could not be loaded or shown. If its server is gone, start it, then try
          again.
        </p>
        <button type="button" onClick={reset}>
          Try again
        </button>
      </body>
    </html>
  );
}
