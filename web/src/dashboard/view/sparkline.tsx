// A line without axes: the shape of the last minute. Decoration; the figure beside it says the same in words.

const kWidth = 120;
const kHeight = 32;

export function Sparkline({ values }: { values: number[] }) {
  const top = Math.max(1, ...values);
  const step = kWidth / Math.max(1, values.length - 1);
  const points = values.map((value, i) => `${(i * step).toFixed(1)},${(kHeight - 1 - (value / top) * (kHeight - 3)).toFixed(1)}`);
  const line = `M${points.join('L')}`;
  return (
    <svg class="sparkline" viewBox={`0 0 ${kWidth} ${kHeight}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="area" d={`${line}L${kWidth},${kHeight}L0,${kHeight}Z`} />
      <path class="line" d={line} />
    </svg>
  );
}
