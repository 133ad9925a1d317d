import { useNavigate, useParams } from 'react-router';
import type { DatasetAnswer } from '../../../src/api/wire/datasets.ts';
import { DatasetPicker } from '../../parts/dataset-picker.tsx';
import { useDatasets } from '../../parts/datasets.ts';
import { capitalized, counted } from '../../parts/format.ts';
import { PageFrame } from '../../parts/page.tsx';
import { Nothing, Waiting } from '../../parts/states.tsx';
import { oneOf, useView } from '../../parts/use-view.ts';
import { paths } from '../../paths.ts';
import { RowPanel } from './row-panel.tsx';
import { RowSearch } from './row-search.tsx';
import { RowsList } from './rows-list.tsx';
import classes from './rows.module.css';

/** Rows of a table: found by key or by a counted column, opened, edited. */
export function Page() {
  const { dataset: name = '' } = useParams();
  const datasets = useDatasets();
  const dataset = datasets?.find((each) => each.name === name);
  const [view] = useView();
  const row = view.get('row');
  const title = capitalized(name);
  return (
    <PageFrame
      title={title}
      documentTitle={row === null ? title : `${row} · ${title}`}
      about={dataset && <span>{counted(dataset.rows, 'row')}</span>}
      actions={<DatasetPicker to={(each) => paths.rows(each)} />}
      filled
    >
      {datasets === undefined ? (
        <Waiting lines={12} />
      ) : dataset === undefined ? (
        <Nothing title={`There is no table “${name}” yet.`}>It is made by its first import.</Nothing>
      ) : (
        <Rows dataset={dataset} />
      )}
    </PageFrame>
  );
}

function Rows({ dataset }: { readonly dataset: DatasetAnswer }) {
  const navigate = useNavigate();
  const [params] = useView();
  const view = {
    q: params.get('q') ?? undefined,
    by: oneOf(dataset.searchBy, params.get('by')),
    match: oneOf(['prefix', 'exact'], params.get('match')),
  };
  const row = params.get('row');
  return (
    <>
      <RowSearch dataset={dataset} />
      <div className={classes.columns} data-open={row !== null || undefined}>
        <RowsList dataset={dataset} view={view} row={row} />
        {row !== null && (
          <RowPanel
            key={row}
            dataset={dataset}
            id={row}
            onClose={() => void navigate(paths.rows(dataset.name, view))}
          />
        )}
      </div>
    </>
  );
}
