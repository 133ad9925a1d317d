import { Button, NativeSelect } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { loadCode } from '../../live/load-code.ts';
import type { RejectAnswer } from '../../../src/api/wire/runs.ts';
import { addressOf } from '../../../src/api/client.ts';
import { api } from '../../api/client.ts';
import { keys } from '../../api/queries.ts';
import { KeysetList } from '../../list/keyset-list.tsx';
import type { KeysetSource } from '../../list/keyset-pages.ts';
import type { ListColumn } from '../../list/list-row.tsx';
import { numberText, words } from '../../parts/format.ts';
import page from '../../parts/page.module.css';
import { Section } from '../../parts/page.tsx';
import { Nothing } from '../../parts/states.tsx';
import { ShortValue } from '../../parts/value.tsx';
import { oneOf, useView } from '../../parts/use-view.ts';
import { paths } from '../../paths.ts';
import { RejectDetail } from './reject-detail.tsx';
import { useRun } from './run-page.tsx';
import classes from './runs.module.css';

const ReasonsChart = lazy(async () => ({
  default: (await loadCode(() => import('./reasons-chart.tsx'))).ReasonsChart,
}));
const codes = [
  ...(['field_too_large', 'stray_quote', 'bad_encoding', 'nul_byte'] as const),
  ...(['too_few_fields', 'too_many_fields', 'empty_key', 'bad_value'] as const),
];
/** Rejects a request: each can bring 4 KiB of raw text. */
const pageRows = 100;

const columns: readonly ListColumn<RejectAnswer>[] = [
  { id: 'line', head: 'line', cell: ({ line }) => numberText(line), width: '80px' },
  { id: 'reason', head: 'reason', cell: ({ code }) => words(code), width: 'minmax(120px, 1fr)' },
  {
    id: 'byte',
    head: 'byte',
    cell: (each) => numberText(each.byteOffset),
    width: '110px',
    align: 'end',
    narrow: 'out',
  },
  {
    id: 'raw',
    head: 'raw text',
    cell: ({ raw }) => <ShortValue value={raw} />,
    width: 'minmax(0, 3fr)',
    narrow: 'below',
  },
];

/** What a run has refused, each with its reason, line, byte and raw text. */
export function Page() {
  const run = useRun();
  const [params, change] = useView();
  const code = oneOf(codes, params.get('code'));
  const at = params.get('at');
  const source: KeysetSource<RejectAnswer> = {
    queryKey: [...keys.rejects(run.run), code ?? null],
    pageRows,
    fetch: ({ after, limit }, signal) =>
      api('rejects', { params: { run: run.run }, query: { code, after, limit } }, signal),
    atMost: code === undefined ? run.rejected : (run.rejectedBy[code] ?? 0),
  };
  const download = (form: 'safe' | 'raw'): string =>
    addressOf('rejectsCsv', { params: { run: run.run }, query: { form } });
  const found = codes.filter((each) => (run.rejectedBy[each] ?? 0) > 0);
  return (
    <>
      {found.length > 0 && (
        <Section title="Reasons">
          <Suspense fallback={<div style={{ height: 40 + 28 * found.length }} />}>
            <ReasonsChart rejectedBy={run.rejectedBy} />
          </Suspense>
        </Section>
      )}
      <div className={page.filters}>
        <NativeSelect
          aria-label="Reason"
          value={code ?? ''}
          data={[
            { value: '', label: 'any reason' },
            ...found.map((value) => ({
              value,
              label: `${words(value)} (${numberText(run.rejectedBy[value] ?? 0)})`,
            })),
          ]}
          onChange={(event) => change({ code: event.currentTarget.value, at: undefined })}
        />
        {run.rejected > 0 && (
          <>
            <Button component="a" href={download('safe')} download variant="default" size="xs">
              Download, safe for spreadsheets
            </Button>
            <Button component="a" href={download('raw')} download variant="default" size="xs">
              Download as they are
            </Button>
          </>
        )}
      </div>
      <div className={classes.withDetail}>
        <KeysetList
          key={JSON.stringify(source.queryKey)}
          label="Rejects"
          source={source}
          columns={columns}
          rowKey={({ line, byteOffset }) => `${line} ${byteOffset}`}
          rowLink={({ byteOffset }) => paths.rejects(run.run, { code, at: String(byteOffset) })}
          isSelected={({ byteOffset }) => String(byteOffset) === at}
          empty={
            <Nothing title={code === undefined ? 'Nothing was refused.' : 'Nothing was refused for that.'} />
          }
        />
        {at !== null && <RejectDetail run={run.run} at={at} />}
      </div>
    </>
  );
}
