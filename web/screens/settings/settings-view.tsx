'use client';
import clsx from 'clsx';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { useQueryState } from 'nuqs';

import { SETTINGS_SECTIONS, type SettingsSection, sectionParser } from '../../address/url-state.ts';
import { usePageTitle } from '../../hooks/use-page-title.ts';
import { Page } from '../../ui/page.tsx';
import { Preferences } from './preferences.tsx';

const Sources = dynamic(() => import('./sources.tsx').then((m) => m.Sources), { ssr: false });

const TEXT: Readonly<Record<SettingsSection, readonly [title: string, note: string]>> = {
  preferences: ['Preferences', 'Kept in this browser; what a page shows is in its address'],
  sources: ['Sources', 'Live markets of venues, kept by the feed for everybody'],
};

/** `/settings`: preferences of this browser, and the sources of the feed (`?section=sources`). */
export function SettingsView() {
  usePageTitle('Settings');
  const [section] = useQueryState('section', sectionParser);
  return (
    <Page title="Settings" note={TEXT[section][1]}>
      <div className="flex min-h-full flex-col lg:flex-row">
        <nav
          aria-label="Settings"
          className="flex shrink-0 gap-1 border-b border-line p-2 lg:w-44 lg:flex-col lg:border-r lg:border-b-0"
        >
          {SETTINGS_SECTIONS.map((each) => (
            <Link
              key={each}
              href={each === 'preferences' ? '/settings' : `/settings?section=${each}`}
              prefetch={false}
              aria-current={each === section ? 'page' : undefined}
              className={clsx(
                'rounded-sm px-2 py-1.5 text-body',
                each === section ? 'bg-raised text-text' : 'text-faint hover:text-text',
              )}
            >
              {TEXT[each][0]}
            </Link>
          ))}
        </nav>
        <div className="min-w-0 flex-1">
          {section === 'sources' ? <Sources /> : <Preferences />}
        </div>
      </div>
    </Page>
  );
}
