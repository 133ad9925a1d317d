import { Button, Group, Modal, NativeSelect, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { SourceKind } from '../../../src/schema/source-kinds.ts';
import { api } from '../../api/client.ts';
import { keys } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { useDatasets } from '../../parts/datasets.ts';
import { Problem } from '../../parts/states.tsx';

const kinds: readonly { value: SourceKind | ''; label: string }[] = [
  { value: '', label: 'found out by asking it' },
  { value: 'longhaul', label: 'a source server of Longhaul' },
  { value: 'plain', label: 'a server with /sense and /read' },
  { value: 'url', label: 'the address of one CSV' },
  { value: 'file', label: "a file of the master's machine" },
  { value: 'folder', label: "a folder of the master's machine" },
];

const fresh = { name: '', url: '', kind: '', dataset: '' };

export function AddSource({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  const client = useQueryClient();
  const datasets = useDatasets() ?? [];
  const [said, setSaid] = useState(fresh);
  const adding = useMutation({
    mutationFn: () => {
      const { name, url, kind, dataset } = said;
      const kindSaid = kinds.find(({ value }) => value !== '' && value === kind)?.value;
      return api('addSource', {
        body: {
          name: name.trim(),
          url: url.trim(),
          kind: kindSaid === undefined || kindSaid === '' ? null : kindSaid,
          ...(dataset.trim() === '' ? {} : { dataset: dataset.trim() }),
        },
      });
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keys.status });
      close();
    },
  });
  const close = (): void => {
    adding.reset();
    setSaid(fresh);
    onClose();
  };
  const change = (name: keyof typeof fresh) => (event: { currentTarget: { value: string } }) => {
    adding.reset();
    setSaid({ ...said, [name]: event.currentTarget.value });
  };
  return (
    <Modal opened={opened} onClose={close} title="Add a source" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          adding.mutate();
        }}
      >
        <Stack gap="sm">
          <TextInput
            label="Name"
            required
            data-autofocus
            maxLength={63}
            value={said.name}
            onChange={change('name')}
          />
          <TextInput
            label="Address"
            description="http://…, https://…, or a path on the master's machine"
            required
            maxLength={4096}
            value={said.url}
            onChange={change('url')}
          />
          <NativeSelect label="Kind" data={[...kinds]} value={said.kind} onChange={change('kind')} />
          <TextInput
            label="Table"
            description={`The usual one unless you name another${datasets.length > 0 ? `: ${datasets.map(({ name }) => name).join(', ')}` : ''}`}
            maxLength={200}
            value={said.dataset}
            onChange={change('dataset')}
          />
          {adding.error !== null && <Problem error={adding.error} />}
          <Group>
            <ActionButton
              type="submit"
              isBusy={adding.isPending}
              disabled={said.name.trim() === '' || said.url.trim() === ''}
            >
              Add it
            </ActionButton>
            <Button variant="default" onClick={close}>
              Not now
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
