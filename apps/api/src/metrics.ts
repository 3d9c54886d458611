import { type Metrics, openMetrics, readGauge, secondsHistogram } from '#runtime';

/** What the api counts: every name is in docs/operations.md. */
export interface ApiMetrics {
  readonly page: Metrics;
  answered(request: AnsweredRequest): void;
}

export interface AnsweredRequest {
  readonly method: string;
  /** The pattern, such as `/v1/timers/:timerId`, never a path: a series a timer would be too many. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

export interface ApiReadings {
  /** Streams. */
  watchers(): number;
  /** Events that are open, of all timers; asked at each scrape. */
  openEvents(): Promise<number>;
}

export function apiMetrics({ watchers, openEvents }: ApiReadings): ApiMetrics {
  const page = openMetrics('carillon-api');
  const seconds = secondsHistogram(
    page.meter,
    'carillon_request_seconds',
    'requests answered, by method, route and status; streams are not among them',
  );
  readGauge(
    page.meter,
    'carillon_watchers',
    'streams that are open, those that catch up among them',
    watchers,
  );
  page.meter
    .createObservableGauge('carillon_open_events', { description: 'events that are open, of all timers' })
    // a database that does not answer is no number
    .addCallback(async (result) =>
      openEvents().then(
        (count) => result.observe(count),
        () => undefined,
      ),
    );
  return {
    page,
    answered: ({ method, route, status, seconds: took }) => seconds.record(took, { method, route, status }),
  };
}
