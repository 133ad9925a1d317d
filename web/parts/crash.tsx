import { useRouteError } from 'react-router';
import { PageFrame } from './page.tsx';
import { Problem } from './states.tsx';

/** A defect of a page leaves the way to the others open. */
export function Crash() {
  const error = useRouteError();
  return (
    <PageFrame title="This page has failed">
      <Problem error={error} onRetry={() => location.reload()} retryText="Reload" />
    </PageFrame>
  );
}
