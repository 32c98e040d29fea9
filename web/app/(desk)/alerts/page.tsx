import { AlertsView } from '../../../screens/alerts/alerts-view.tsx';

export const metadata = { title: 'Alerts · Tapedeck' };

export default function AlertsPage() {
  return <AlertsView />;
}
