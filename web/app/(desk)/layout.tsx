import type { ReactNode } from 'react';

import { Shell } from '../../shell/shell.tsx';

export default function DeskLayout({ children }: { readonly children: ReactNode }) {
  return <Shell>{children}</Shell>;
}
