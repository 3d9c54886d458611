import { describe, expect, it } from 'vitest';
import { monthOf } from './calendar.ts';

const changes = (yearMonth: string, zone: string): readonly string[] =>
  monthOf(yearMonth, zone)
    .days.filter(({ isChange }) => isChange)
    .map(({ date }) => date);

describe('the calendar beside a preview', () => {
  it.each([
    ['2027-03', 'Europe/Paris', '2027-03-28'],
    ['2027-10', 'Europe/Paris', '2027-10-31'],
    ['2027-03', 'America/New_York', '2027-03-14'],
    ['2027-11', 'America/New_York', '2027-11-07'],
    ['2027-10', 'Australia/Lord_Howe', '2027-10-03'],
  ])('marks the day in %s on which %s changes its clocks', (month, zone, day) => {
    expect(changes(month, zone)).toEqual([day]);
  });
  it('marks none where clocks are left alone', () => {
    expect([
      ...changes('2027-03', 'UTC'),
      ...changes('2027-03', 'Asia/Tokyo'),
      ...changes('2027-03', '+02:00'),
    ]).toEqual([]);
  });
  it('begins weeks on Monday', () => {
    expect([monthOf('2027-03', 'UTC').blanks, monthOf('2027-02', 'UTC').days.length]).toEqual([0, 28]);
  });
});
