import { NativeSelect } from '@mantine/core';
import { useNavigate, useParams } from 'react-router';
import { useDatasets } from './datasets.ts';

/** Where there are several tables. @param to the address of another one's page */
export function DatasetPicker({ to }: { readonly to: (dataset: string) => string }) {
  const { dataset = '' } = useParams();
  const datasets = useDatasets();
  const navigate = useNavigate();
  if (datasets === undefined || datasets.length < 2) return null;
  return (
    <NativeSelect
      aria-label="Table"
      size="xs"
      value={dataset}
      data={datasets.map(({ name }) => name)}
      onChange={(event) => void navigate(to(event.currentTarget.value))}
    />
  );
}
