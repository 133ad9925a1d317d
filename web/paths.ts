/** Every address of the pages. */

export interface RowsView {
  readonly q?: string | undefined;
  readonly by?: string | undefined;
  readonly match?: 'prefix' | 'exact' | undefined;
  /** The row that is open beside the list. */
  readonly row?: string | undefined;
}

export interface CountsView {
  readonly by?: string | undefined;
  readonly sort?: '-number' | 'number' | 'value' | undefined;
  readonly q?: string | undefined;
  readonly match?: 'prefix' | 'exact' | undefined;
  readonly number?: string | undefined;
}

export interface RunsView {
  readonly dataset?: string | undefined;
  readonly source?: string | undefined;
  readonly status?: string | undefined;
}

const segment = encodeURIComponent;

/** `?a=b`, without what is not set. */
function search(values: object): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    if (typeof value === 'string' && value !== '') params.set(name, value);
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

export const paths = {
  overview: () => '/',
  rows: (dataset: string, view: RowsView = {}) => `/datasets/${segment(dataset)}/rows${search(view)}`,
  counts: (dataset: string, view: CountsView = {}) => `/datasets/${segment(dataset)}/counts${search(view)}`,
  runs: (view: RunsView = {}) => `/runs${search(view)}`,
  run: (run: number) => `/runs/${run}`,
  chunks: (run: number) => `/runs/${run}/chunks`,
  rejects: (run: number, view: { code?: string | undefined; at?: string | undefined } = {}) =>
    `/runs/${run}/rejects${search(view)}`,
  sources: () => '/sources',
  source: (source: string, view: { state?: string | undefined } = {}) =>
    `/sources/${segment(source)}${search(view)}`,
  importing: () => '/import',
  upload: (id: string) => `/import/${segment(id)}`,
};
