import { memo } from 'react';

/** Points of a polyline through `values` in a box of `width` x `height`, with one pixel free above and below. */
function sparklinePoints(
  values: readonly number[],
  width: number,
  height: number,
  floor?: number,
): string {
  if (values.length < 2) return '';
  let low = floor ?? Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const span = high - low;
  const step = width / (values.length - 1);
  return values
    .map((value, index) => {
      const y = span === 0 ? height / 2 : height - 1 - ((value - low) / span) * (height - 2);
      return `${(index * step).toFixed(1)},${y.toFixed(1)}`;
    })
    .join(' ');
}

export type SparklineProps = {
  readonly values: readonly number[];
  readonly width: number;
  readonly height: number;
  /** Of the whole period: colours the line; 0 is neutral. */
  readonly direction?: number | undefined;
  readonly strokeWidth?: number | undefined;
  readonly filled?: boolean | undefined;
  readonly label?: string | undefined;
  /** Lower end of the scale, if the line's height must mean something: 0 for counts. */
  readonly floor?: number | undefined;
  /** Stretches to its container; width and height are then the view box. */
  readonly fluid?: boolean | undefined;
};

/** A line without axes. With `label` it is an image for screen readers, without it decoration. */
export const Sparkline = memo(function Sparkline(props: SparklineProps) {
  const { values, width, height, direction = 0, strokeWidth = 1.25 } = props;
  const points = sparklinePoints(values, width, height, props.floor);
  const colour = direction > 0 ? 'var(--up)' : direction < 0 ? 'var(--down)' : 'var(--text-2)';
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      {...(props.fluid === true
        ? { className: 'block h-full w-full' }
        : { width, height, className: 'block' })}
      {...(props.label === undefined
        ? { 'aria-hidden': true }
        : { role: 'img', 'aria-label': props.label })}
    >
      {points !== '' && props.filled === true && (
        <polygon points={`0,${height} ${points} ${width},${height}`} fill={colour} opacity={0.1} />
      )}
      {points !== '' && (
        <polyline
          points={points}
          fill="none"
          stroke={colour}
          strokeWidth={strokeWidth}
          strokeLinejoin="round"
          vectorEffect="non-scaling-stroke"
        />
      )}
    </svg>
  );
});
