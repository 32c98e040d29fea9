import { Progress } from '@base-ui/react/progress';

/** How much is done, 0..1; undefined while unknown. Accessibility comes from the library. */
export function ProgressBar(props: { readonly label: string; readonly share: number | undefined }) {
  const { share } = props;
  return (
    <Progress.Root
      aria-label={props.label}
      value={share === undefined ? null : Math.round(Math.min(1, share) * 1_000) / 10}
      className="w-full"
    >
      <Progress.Track className="relative block h-1 overflow-hidden rounded-sm bg-raised">
        <Progress.Indicator className="block h-full bg-info transition-[width] duration-300 data-[indeterminate]:w-1/4 data-[indeterminate]:animate-pulse motion-reduce:transition-none" />
      </Progress.Track>
    </Progress.Root>
  );
}
