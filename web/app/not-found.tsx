'use client';
import { lazy, Suspense } from 'react';

// Every page carries this file: what it shows, and the router's link in it, load where an address matches nothing.
const NothingHere = lazy(() =>
  import('./nothing-here.tsx').then((m) => ({ default: m.NothingHere })),
);

export default function NotFound() {
  return (
    <Suspense>
      <NothingHere />
    </Suspense>
  );
}
