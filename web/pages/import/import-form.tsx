import { Button, Progress } from '@mantine/core';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useLocation, useNavigate } from 'react-router';
import type { PreviewAnswer } from '../../../src/api/wire/imports.ts';
import { api } from '../../api/client.ts';
import { bytesText, percentText } from '../../parts/format.ts';
import { Section } from '../../parts/page.tsx';
import { Problem, Waiting } from '../../parts/states.tsx';
import { goingTo } from '../../parts/whereabouts.ts';
import { paths } from '../../paths.ts';
import { DialectForm, type Said } from './dialect-form.tsx';
import classes from './import.module.css';
import { PreviewTable } from './preview-table.tsx';
import { better, type Reading, readingOf } from './reading.ts';
import { uploadFile } from './upload-file.ts';

/** What of a file is looked at, in bytes; the master looks at no more either. */
const previewBytes = 1024 * 1024;

export function ImportForm({ file }: { readonly file: File }) {
  const [said, setSaid] = useState<Said>({ name: file.name, dataset: '', maxRejects: '', reading: null });
  const preview = useQuery({
    queryKey: ['preview', file.name, file.size, file.lastModified, said.name, said.dataset, said.reading],
    placeholderData: keepPreviousData,
    enabled: said.name !== '',
    gcTime: 0,
    queryFn: ({ signal }) => lookAt(file, said, signal),
  });
  const { data } = preview;
  // What is typed in several places is handed on at different times.
  const change = (part: Partial<Said>): void => setSaid((latest) => ({ ...latest, ...part }));
  return (
    <>
      <Section title="How it is read">
        <p className="soft" style={{ margin: 0 }}>
          <bdi>{file.name}</bdi>, {bytesText(file.size)}
        </p>
        {data !== undefined && <DialectForm preview={data} said={said} onChange={change} />}
        {data === undefined && preview.error === null && <Waiting lines={5} />}
        {preview.error !== null && (
          <Problem error={preview.error} onRetry={() => void preview.refetch()} retryText="Look again" />
        )}
      </Section>
      {data !== undefined && <PreviewTable preview={data} isOld={preview.isPlaceholderData} />}
      <Go
        file={file}
        said={said}
        reading={
          data === undefined || data.problem !== null || preview.error !== null
            ? null
            : readingOf(data.dialect)
        }
      />
    </>
  );
}

/** As it looks, unless it was said how it is to be read. */
async function lookAt(
  file: File,
  { name, dataset, reading }: Said,
  signal: AbortSignal,
): Promise<PreviewAnswer> {
  const body = file.slice(0, previewBytes);
  const query = { name, dataset: dataset === '' ? undefined : dataset, bytes: file.size };
  const first = await api('preview', { query: { ...query, ...reading }, body }, signal);
  const looks = reading === null ? better(first) : null;
  return looks === null ? first : api('preview', { query: { ...query, ...looks }, body }, signal);
}

interface GoProps {
  readonly file: File;
  readonly said: Said;
  /** As it was looked at; `null`: it cannot be imported so. */
  readonly reading: Reading | null;
}

/** Sends the file; its import goes on without this page. */
function Go({ file, said, reading }: GoProps) {
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const [sent, setSent] = useState(0);
  const [wasStopped, setStopped] = useState(false);
  const ending = useRef<AbortController | null>(null);
  useEffect(() => () => ending.current?.abort(), []);
  const sending = useMutation({
    mutationFn: () => {
      const controller = new AbortController();
      ending.current = controller;
      setStopped(false);
      setSent(0);
      const { name, dataset, maxRejects } = said;
      const query = {
        ...{ name, ...reading },
        dataset: dataset === '' ? undefined : dataset,
        maxRejects: maxRejects === '' ? undefined : maxRejects,
      };
      return uploadFile(file, query, setSent, controller.signal);
    },
    onSuccess({ id }) {
      if (goingTo().pathname === pathname) void navigate(paths.upload(id));
    },
  });
  return (
    <div className={classes.go}>
      <Button disabled={reading === null || sending.isPending} onClick={() => sending.mutate()}>
        Import it
      </Button>
      {sending.isPending && (
        <>
          <div className={classes.sending}>
            <Progress
              aria-label="Upload"
              value={(sent / Math.max(1, file.size)) * 100}
              transitionDuration={0}
            />
            <span className="number soft">
              {percentText(Math.floor((sent / Math.max(1, file.size)) * 100) / 100)} · sent {bytesText(sent)}{' '}
              of {bytesText(file.size)}
            </span>
          </div>
          <Button
            variant="default"
            onClick={() => {
              setStopped(true);
              ending.current?.abort();
            }}
          >
            Stop
          </Button>
        </>
      )}
      {sending.error !== null && !wasStopped && <Problem error={sending.error} />}
      {sending.error !== null && wasStopped && <span className="soft">Stopped. Nothing was imported.</span>}
    </div>
  );
}
