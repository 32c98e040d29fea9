import { ReplaySessionView } from '../../../screens/replay/replay-view.tsx';

type Props = { readonly params: Promise<{ readonly session: string }> };

export const metadata = { title: 'REPLAY · Tapedeck', icons: { icon: '/favicon-replay.svg' } };

export default async function ReplaySessionPage({ params }: Props) {
  return <ReplaySessionView sessionId={decodeURIComponent((await params).session)} />;
}
