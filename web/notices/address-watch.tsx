'use client';
import { usePathname } from 'next/navigation';
import { useEffect } from 'react';

/** When a page opens, shows a toast for each part of its address that is not valid. The wall has its own notice. */
export function AddressWatch() {
  const path = usePathname();
  useEffect(() => {
    const { search } = location;
    if (search === '' || path === '/wall') return;
    // Most addresses are valid: the code that checks them loads only if there is a query string.
    void Promise.all([import('../address/address-problems.ts'), import('./toasts.ts')]).then(
      ([{ addressProblems }, { toastProblem }]) => {
        for (const { title, expected } of addressProblems(path, search))
          toastProblem(title, expected);
      },
    );
  }, [path]);
  return null;
}
