import { CloseButton, NativeSelect, SegmentedControl, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useNavigate } from 'react-router';
import type { DatasetAnswer } from '../../../src/api/wire/datasets.ts';
import { useTyped } from '../../parts/use-typed.ts';
import { oneOf, useView } from '../../parts/use-view.ts';
import { paths } from '../../paths.ts';
import page from '../../parts/page.module.css';

/** What is typed is searched for; Enter opens the row of just this key, whether the list shows it or not. */
export function RowSearch({ dataset }: { readonly dataset: DatasetAnswer }) {
  const navigate = useNavigate();
  const [view, change] = useView();
  const { searchBy, key } = dataset;
  const by = oneOf(searchBy, view.get('by')) ?? searchBy[0] ?? '';
  const match = oneOf(['prefix', 'exact'], view.get('match')) ?? 'prefix';
  const typed = useTyped(view.get('q') ?? '', (q) => change({ q }));
  const opensByKey = key.length === 1 && by === key[0];
  if (searchBy.length === 0) return null;
  return (
    <search>
      <form
        className={page.filters}
        onSubmit={(event) => {
          event.preventDefault();
          const q = typed.value;
          if (opensByKey && q !== '')
            void navigate(paths.rows(dataset.name, { q, by: view.get('by') ?? undefined, match, row: q }));
          else typed.flush();
        }}
      >
        <TextInput
          className={page.searchText}
          type="search"
          aria-label={`Search by ${by}`}
          placeholder={opensByKey ? `${by}: begin to type, Enter opens it` : `${by}: begin to type`}
          leftSection={<IconSearch size={16} aria-hidden />}
          rightSection={
            typed.value === '' ? null : (
              <CloseButton
                size="sm"
                aria-label="Clear the search"
                onClick={() => change({ q: undefined, row: undefined })}
              />
            )
          }
          value={typed.value}
          onChange={(event) => {
            if (view.has('row')) change({ row: undefined });
            typed.type(event.currentTarget.value);
          }}
          maxLength={8192}
          autoComplete="off"
          spellCheck={false}
        />
        <NativeSelect
          aria-label="Search in"
          value={by}
          data={searchBy.map((name) => ({ value: name, label: name }))}
          onChange={(event) => change({ by: event.currentTarget.value, row: undefined })}
        />
        <SegmentedControl
          aria-label="How to compare"
          size="xs"
          value={match}
          data={[
            { value: 'prefix', label: 'begins with' },
            { value: 'exact', label: 'is' },
          ]}
          onChange={(value) => change({ match: value === 'prefix' ? undefined : value, row: undefined })}
        />
      </form>
    </search>
  );
}
