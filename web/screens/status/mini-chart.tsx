import { Sparkline } from '../../panels/sparkline/sparkline.tsx';

/** The last minutes of one figure: name, newest value, line from zero. */
export function MiniChart(props: {
  readonly label: string;
  readonly text: string;
  readonly values: readonly number[];
}) {
  const { values } = props;
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  return (
    <figure className="flex min-w-0 flex-col border-r border-b border-line px-3 py-2">
      <figcaption className="flex items-baseline justify-between gap-2">
        <span className="label truncate">{props.label}</span>
        <span className="num text-body whitespace-nowrap">{props.text}</span>
      </figcaption>
      <div className="mt-1 h-9 border-b border-line/60">
        {largest > 0 && (
          <Sparkline
            values={values}
            // From zero: a figure of 1000 ± 1 must not look volatile.
            floor={0}
            width={300}
            height={36}
            fluid
            filled
            label={`${props.label}, last ${values.length} seconds`}
          />
        )}
      </div>
    </figure>
  );
}
