import Link from 'next/link';

import { LogoMark } from '../ui/logo.tsx';

export function NothingHere() {
  return (
    <main className="flex h-dvh flex-col items-center justify-center gap-3 text-center">
      <LogoMark size={28} />
      <h1 className="text-section font-semibold">Nothing is recorded here</h1>
      <p className="text-body text-faint">The address matches no page, symbol or session.</p>
      <Link href="/" className="control mt-2">
        Overview
      </Link>
    </main>
  );
}
