'use client';

/** The last resort: the layout itself failed, so nothing from it can be used here. */
export default function GlobalError({ reset }: { readonly reset: () => void }) {
  return (
    <html lang="en">
      <body
        style={{ background: '#0b0e13', color: '#e8ebf0', font: '14px system-ui', padding: 24 }}
      >
        <h1 style={{ fontSize: 16 }}>Tapedeck could not start in this browser.</h1>
        <button type="button" onClick={reset}>
          Try again
        </button>
      </body>
    </html>
  );
}
