const hourMs = 3_600_000;

/** Where an hourly timer begins on that day so that its next tick is half an hour away from now, whatever hour a test runs at. */
export const hourlyGridFrom = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + ((Date.now() + hourMs / 2) % hourMs)).toISOString();
