import { StatusView } from '../../../screens/status/status-view.tsx';

export const metadata = { title: 'Status · Tapedeck' };

export default function StatusPage() {
  return <StatusView />;
}
