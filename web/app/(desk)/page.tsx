import { Overview } from '../../panels/overview/overview.tsx';

export default function OverviewPage() {
  return <Overview />;
}
