import type { Fire } from '../api/types.ts';
import { type Day, monthOf } from './calendar.ts';

const monthsMax = 2;
const weekdays = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'] as const;

/** On which days it fires, and on which the clock is changed. */
export function FireCalendar({ fires }: { readonly fires: readonly Fire[] }) {
  const days = new Map<string, number>();
  for (const { localTime } of fires) {
    const day = localTime.slice(0, 10);
    days.set(day, (days.get(day) ?? 0) + 1);
  }
  const months = [...new Set([...days.keys()].map((day) => day.slice(0, 7)))].slice(0, monthsMax);
  const zone = fires[0]?.timeZone ?? '';
  const shown = months.map((yearMonth) => monthOf(yearMonth, zone));
  const isChangeShown = shown.some((month) => month.days.some(({ isChange }) => isChange));
  return (
    <div className="calendars" aria-hidden="true">
      {shown.map(({ name, blanks, days: own }) => (
        <div key={name} className="calendar">
          <strong className="month">{name}</strong>
          {weekdays.map((weekday) => (
            <span key={weekday} className="faint">
              {weekday}
            </span>
          ))}
          {own.map((day, index) => (
            <DayCell
              key={day.date}
              day={day}
              count={days.get(day.date) ?? 0}
              after={index === 0 ? blanks : 0}
            />
          ))}
        </div>
      ))}
      {isChangeShown && (
        <p className="faint legend">
          <span className="day fires-here">1</span> fires <span className="day clock-change">1</span> the
          clock changes
        </p>
      )}
    </div>
  );
}

function DayCell({
  day,
  count,
  after,
}: {
  readonly day: Day;
  readonly count: number;
  readonly after: number;
}) {
  const kinds = ['day', count > 0 && 'fires-here', day.isChange && 'clock-change'].filter(Boolean);
  return (
    <span className={kinds.join(' ')} style={after > 0 ? { gridColumnStart: after + 1 } : undefined}>
      {day.dayOfMonth}
    </span>
  );
}
