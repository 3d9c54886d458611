/** The sum of a series of a Prometheus page over its labels that contain all of `labels`. */
export function seriesSum(page: string, series: string, ...labels: readonly string[]): number {
  const lines = page
    .split('\n')
    .filter((line) => line.startsWith(`${series}{`) || line.startsWith(`${series} `));
  const wanted = lines.filter((line) => labels.every((label) => line.includes(label)));
  return wanted.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
