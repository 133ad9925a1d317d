import { BarChart } from '@mantine/charts';
import '@mantine/charts/styles.css';
import { numberText, shortNumber, words } from '../../parts/format.ts';

/** How many records were refused for which reason. The receipt says the same as a table. */
export function ReasonsChart({ rejectedBy }: { readonly rejectedBy: Readonly<Record<string, number>> }) {
  const data = Object.entries(rejectedBy)
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, records]) => ({ reason: words(code), records }));
  const label = data.map(({ reason, records }) => `${reason}: ${numberText(records)}`).join(', ');
  return (
    <div role="img" aria-label={`Rejects by reason: ${label}`}>
      <BarChart
        h={40 + 28 * data.length}
        orientation="vertical"
        data={data}
        dataKey="reason"
        series={[{ name: 'records', color: 'red.7' }]}
        valueFormatter={numberText}
        xAxisProps={{ tickFormatter: shortNumber, allowDecimals: false }}
        yAxisProps={{ width: 120 }}
        barChartProps={{ accessibilityLayer: false }}
        barProps={{ isAnimationActive: false, barSize: 14 }}
        gridAxis="x"
      />
    </div>
  );
}
