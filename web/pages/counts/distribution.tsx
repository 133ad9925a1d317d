import { BarChart } from '@mantine/charts';
import '@mantine/charts/styles.css';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { distributionQuery } from '../../api/queries.ts';
import { numberText, shortNumber } from '../../parts/format.ts';
import { Nothing, Problem, Waiting } from '../../parts/states.tsx';
import { paths } from '../../paths.ts';
import page from '../../parts/page.module.css';
import classes from './counts.module.css';

/** How many values are had by how many rows, as a chart and, for whoever cannot see it, as a table. */
export function Distribution({ dataset, by }: { readonly dataset: string; readonly by: string }) {
  const { data, error, refetch } = useQuery(distributionQuery(dataset, by));
  const buckets = data?.buckets ?? [];
  const range = ({ from, to }: { from: number; to: number }): string =>
    from === to ? numberText(from) : `${numberText(from)}–${numberText(to)}`;
  return (
    <section className={classes.chart} aria-label="Distribution of group sizes">
      <h2>Group sizes</h2>
      <p className="soft" style={{ margin: 0 }}>
        How many values of <bdi>{by}</bdi> are had by how many rows.
      </p>
      {error !== null ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Waiting lines={6} />
      ) : buckets.length === 0 ? (
        <Nothing title="There is nothing to count yet." />
      ) : (
        <>
          <div aria-hidden>
            <BarChart
              h={220}
              data={buckets.map((bucket) => ({ size: range(bucket), groups: bucket.groups }))}
              dataKey="size"
              series={[{ name: 'groups', color: 'indigo.6' }]}
              valueFormatter={numberText}
              yAxisProps={{ tickFormatter: shortNumber, width: 44 }}
              barChartProps={{ accessibilityLayer: false }}
              barProps={{ isAnimationActive: false }}
              withTooltip
            />
          </div>
          <table className={page.numbers}>
            <thead>
              <tr>
                <th scope="col">rows of a value</th>
                <th scope="col">values</th>
                <th scope="col">rows in all</th>
              </tr>
            </thead>
            <tbody>
              {buckets.map((bucket) => (
                <tr key={bucket.from}>
                  <th scope="row">
                    {bucket.from === bucket.to ? (
                      <Link to={paths.counts(dataset, { by, number: String(bucket.from) })}>
                        {range(bucket)}
                      </Link>
                    ) : (
                      range(bucket)
                    )}
                  </th>
                  <td>{numberText(bucket.groups)}</td>
                  <td>{numberText(bucket.rows)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </section>
  );
}
