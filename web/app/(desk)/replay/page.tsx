import { SessionsView } from '../../../screens/replay/sessions-view.tsx';

export const metadata = { title: 'Replay · Tapedeck' };

export default function ReplayPage() {
  return <SessionsView />;
}
