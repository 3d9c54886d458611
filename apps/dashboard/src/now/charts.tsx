import { type Column, columnsKept, latenessBoundsMs } from './meter.ts';

const cell = 10;
const barHeight = 90;
const labels = ['≤ 10 ms', '≤ 50 ms', '≤ 100 ms', '≤ 500 ms', '≤ 1 s', '≤ 5 s', 'later'];

interface Props {
  readonly columns: readonly Column[];
}

export function FiresChart({ columns }: Props) {
  const most = Math.max(1, ...columns.map(({ fires }) => fires));
  const total = columns.reduce((sum, { fires }) => sum + fires, 0);
  return (
    <svg
      className="chart"
      viewBox={`0 0 ${columnsKept * cell} ${barHeight}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${total} fires in the last five minutes`}
    >
      {columns.map(({ startMs, fires }, index) => {
        const height = fires === 0 ? 1 : Math.max(2, (fires / most) * (barHeight - 2));
        return (
          <rect
            key={startMs}
            className={fires === 0 ? 'bar-none' : 'bar'}
            x={index * cell + 1}
            y={barHeight - height}
            width={cell - 2}
            height={height}
          />
        );
      })}
    </svg>
  );
}

/** Time runs to the right, lateness upwards; the darker, the more fires. */
export function LatenessChart({ columns }: Props) {
  const most = Math.max(1, ...columns.flatMap(({ lateness }) => lateness));
  const inTime = columns.reduce((sum, { lateness: [a = 0, b = 0, c = 0] }) => sum + a + b + c, 0);
  const all = columns.reduce((sum, { lateness }) => sum + lateness.reduce((a, b) => a + b, 0), 0);
  const rows = latenessBoundsMs.length;
  return (
    <div className="heat">
      <div className="heat-labels faint" aria-hidden="true">
        {labels.toReversed().map((label) => (
          <span key={label}>{label}</span>
        ))}
      </div>
      <svg
        className="chart"
        viewBox={`0 0 ${columnsKept * cell} ${rows * cell * 2}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${inTime} of ${all} fires in the last five minutes were at most 100 ms late`}
      >
        {columns.map(({ startMs, lateness }, x) =>
          lateness.map((count, row) => (
            <rect
              key={`${startMs}-${labels[row]}`}
              className={count === 0 ? 'heat-none' : row > 3 ? 'heat-late' : 'heat-some'}
              opacity={count === 0 ? 1 : 0.3 + 0.7 * (count / most)}
              x={x * cell + 0.5}
              y={(rows - 1 - row) * cell * 2 + 0.5}
              width={cell - 1}
              height={cell * 2 - 1}
            />
          )),
        )}
      </svg>
    </div>
  );
}
