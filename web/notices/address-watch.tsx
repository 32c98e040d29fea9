'use client';
import { usePathname } from 'next/navigation';
import { useEffect } from 'react';

/** Says what of a page's address is not understood when the page opens. The wall says it itself: nobody clicks there. */
export function AddressWatch() {
  const path = usePathname();
  useEffect(() => {
    const { search } = location;
    if (search === '' || path === '/wall') return;
    // Most addresses are sound: what checks them comes with those that ask for something.
    void Promise.all([import('../address/address-problems.ts'), import('./toasts.ts')]).then(
      ([{ addressProblems }, { toastProblem }]) => {
        for (const { title, expected } of addressProblems(path, search))
          toastProblem(title, expected);
      },
    );
  }, [path]);
  return null;
}
