import { AreaChart } from '@mantine/charts';
import '@mantine/charts/styles.css';
import { useQuery } from '@tanstack/react-query';
import { throughputQuery } from '../../api/queries.ts';
import { counted, exactTime, numberText, shortNumber } from '../../parts/format.ts';
import { Nothing, Problem } from '../../parts/states.tsx';
import classes from './overview.module.css';
import { filledPoints } from './throughput-points.ts';

const clockTime = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit' });

/** Records a second over the last hour. */
export function Throughput() {
  const { data, error, refetch } = useQuery(throughputQuery);
  if (error !== null) return <Problem error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <div className={classes.chartPlace} />;
  const points = filledPoints(data);
  if (points.length === 0)
    return (
      <div className={classes.chartPlace}>
        <Nothing title="Nothing was staged within the last hour." />
      </div>
    );
  const records = data.points.reduce((total, point) => total + point.records, 0);
  return (
    <div
      role="img"
      aria-label={`${counted(records, 'record')} staged within the last hour`}
      className={classes.chartPlace}
    >
      <AreaChart
        h={190}
        data={points}
        dataKey="atMs"
        series={[{ name: 'records/s', color: 'indigo.6' }]}
        curveType="step"
        withDots={false}
        valueFormatter={numberText}
        xAxisProps={{ tickFormatter: (ms: number) => clockTime.format(ms), minTickGap: 40 }}
        yAxisProps={{ tickFormatter: shortNumber, width: 44 }}
        tooltipProps={{ labelFormatter: (ms) => (typeof ms === 'number' ? exactTime(ms) : '') }}
        areaChartProps={{ accessibilityLayer: false }}
        areaProps={{ isAnimationActive: false }}
      />
    </div>
  );
}
