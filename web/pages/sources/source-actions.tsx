import { Button, Group, Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { SourceAnswer } from '../../../src/api/wire/sources.ts';
import type { Status } from '../../../src/api/wire/status.ts';
import { api } from '../../api/client.ts';
import { readable } from '../../api/problem.ts';
import { keys } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { Problem } from '../../parts/states.tsx';

/** Sense now, pause or resume, remove. */
export function SourceActions({ source }: { readonly source: SourceAnswer }) {
  const client = useQueryClient();
  const [isRemoving, setRemoving] = useState(false);
  const params = { source: source.name };
  const isInConfig = source.definedIn === 'config';
  const why = isInConfig ? 'It comes from the command line or longhaul.yaml: change it there' : undefined;
  const onSuccess = (answer: SourceAnswer): void => {
    client.setQueryData<Status>(
      keys.status,
      (status) =>
        status && {
          ...status,
          sources: status.sources.map((each) => (each.name === answer.name ? answer : each)),
        },
    );
  };
  const onError = (error: unknown): void => {
    const { text, hint } = readable(error);
    notifications.show({ title: text, message: hint, color: 'red', autoClose: false });
  };
  const sensing = useMutation({ mutationFn: () => api('senseSource', { params }), onSuccess, onError });
  const pausing = useMutation({
    mutationFn: (paused: boolean) => api('changeSource', { params, body: { paused } }),
    onSuccess,
    onError,
  });
  return (
    <>
      <ActionButton
        size="compact-xs"
        variant="default"
        disabled={source.paused}
        isBusy={sensing.isPending}
        onClick={() => sensing.mutate()}
      >
        Sense now
      </ActionButton>
      <ActionButton
        size="compact-xs"
        variant="default"
        disabled={isInConfig}
        title={why}
        isBusy={pausing.isPending}
        onClick={() => pausing.mutate(!source.paused)}
      >
        {source.paused ? 'Resume' : 'Pause'}
      </ActionButton>
      <Button
        size="compact-xs"
        variant="default"
        disabled={isInConfig}
        title={why}
        onClick={() => setRemoving(true)}
      >
        Remove …
      </Button>
      <RemoveSource source={source} opened={isRemoving} onClose={() => setRemoving(false)} />
    </>
  );
}

interface RemoveProps {
  readonly source: SourceAnswer;
  readonly opened: boolean;
  readonly onClose: () => void;
}

function RemoveSource({ source: { name }, opened, onClose }: RemoveProps) {
  const client = useQueryClient();
  const removing = useMutation({
    mutationFn: () => api('removeSource', { params: { source: name } }),
    onSuccess: () => {
      client.setQueryData<Status>(
        keys.status,
        (status) => status && { ...status, sources: status.sources.filter((each) => each.name !== name) },
      );
      onClose();
      // The button that opened this dialog goes with its source.
      document.querySelector<HTMLElement>('#content')?.focus();
    },
  });
  const close = (): void => {
    removing.reset();
    onClose();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={<bdi>Remove {name}?</bdi>}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <p style={{ marginTop: 0 }}>It is not sensed any more. The rows that it has brought stay.</p>
      {removing.error !== null && <Problem error={removing.error} />}
      <Group mt="md">
        <ActionButton color="red" isBusy={removing.isPending} onClick={() => removing.mutate()}>
          Remove it
        </ActionButton>
        <Button variant="default" onClick={close}>
          Keep it
        </Button>
      </Group>
    </Modal>
  );
}
