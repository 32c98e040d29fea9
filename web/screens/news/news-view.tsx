'use client';
import { parseAsString, useQueryState } from 'nuqs';

import { usePageTitle } from '../../hooks/use-page-title.ts';
import { type Beside, NewsList } from '../../panels/news/news-panel.tsx';
import { Page } from '../../ui/page.tsx';
import { ImpactHead, ImpactTable } from './impact-table.tsx';

const IMPACT: Beside = {
  head: <ImpactHead />,
  of: (headline) => <ImpactTable headline={headline} />,
};

/** `/news`: all headlines, searched by text, source or symbol. */
export function NewsView() {
  usePageTitle('News');
  const [search, setSearch] = useQueryState('q', parseAsString.withDefault(''));
  return (
    <Page
      title="News"
      note="moves in bp; bold: more than the range of the minute before"
      actions={
        <input
          type="search"
          aria-label="Search headlines"
          placeholder="Word, source or symbol"
          className="field w-64"
          value={search}
          onChange={(event) =>
            void setSearch(event.target.value === '' ? null : event.target.value)
          }
        />
      }
    >
      <NewsList search={search} beside={IMPACT} />
    </Page>
  );
}
