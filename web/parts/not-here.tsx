import { Link } from 'react-router';
import { paths } from '../paths.ts';
import { PageFrame } from './page.tsx';
import { Nothing } from './states.tsx';

export function NotHere() {
  return (
    <PageFrame title="No such page">
      <Nothing title="Nothing is at this address.">
        <Link to={paths.overview()}>To the overview</Link>
      </Nothing>
    </PageFrame>
  );
}
