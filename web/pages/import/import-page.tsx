import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { uploadsQuery } from '../../api/queries.ts';
import { Ago } from '../../parts/ago.tsx';
import { bytesText } from '../../parts/format.ts';
import { PageFrame, Section } from '../../parts/page.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { Nothing, Problem, Waiting } from '../../parts/states.tsx';
import { paths } from '../../paths.ts';
import { FileDrop } from './file-drop.tsx';
import classes from './import.module.css';
import { ImportForm } from './import-form.tsx';

/** A file from this browser: looked at, corrected, imported. */
export function Page() {
  const [file, setFile] = useState<File | null>(null);
  return (
    <PageFrame
      title="Import"
      actions={
        file !== null && (
          <Button size="compact-sm" variant="default" onClick={() => setFile(null)}>
            Another file
          </Button>
        )
      }
    >
      {file === null ? (
        <>
          <FileDrop onFile={setFile} />
          <Uploads />
        </>
      ) : (
        <ImportForm key={`${file.name} ${file.lastModified} ${file.size}`} file={file} />
      )}
    </PageFrame>
  );
}

function Uploads() {
  const { data, error, refetch } = useQuery(uploadsQuery);
  return (
    <Section title="Last uploads">
      {error !== null ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Waiting lines={3} />
      ) : data.items.length === 0 ? (
        <Nothing title="None since the master was started." />
      ) : (
        <ul className={classes.uploads}>
          {data.items.map(({ id, name, dataset, bytes, state, receivedMs }) => (
            <li key={id}>
              <Link to={paths.upload(id)}>
                <bdi>{name}</bdi>
              </Link>
              <StateBadge state={state} />
              <span className="soft">
                {bytesText(bytes)} into <bdi>{dataset}</bdi>, <Ago ms={receivedMs} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
