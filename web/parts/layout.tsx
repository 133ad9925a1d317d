import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import {
  IconChartBar,
  IconDatabase,
  IconFileUpload,
  IconHistory,
  IconLayoutDashboard,
  IconMoon,
  IconServer,
  IconSun,
} from '@tabler/icons-react';
import { NavLink, Outlet, ScrollRestoration, useParams } from 'react-router';
import { useConnection } from '../live/use-connection.ts';
import { LoginPage } from '../pages/login/login-page.tsx';
import { paths } from '../paths.ts';
import { AwayBanner } from './away-banner.tsx';
import { useDatasets } from './datasets.ts';
import { capitalized } from './format.ts';
import classes from './layout.module.css';

/** What stays when the page changes: the way to all pages, and whether the master is there. */
export function Layout() {
  const { state } = useConnection();
  if (state === 'locked') return <LoginPage />;
  const isStale = state === 'away' || state === 'refreshing';
  return (
    <div className={classes.frame}>
      <a className={classes.skip} href="#content">
        Skip to the content
      </a>
      <header className={classes.header}>
        <NavLink to={paths.overview()} className={classes.brand}>
          Longhaul
        </NavLink>
        <Navigation />
        <div className={classes.foot}>
          <ConnectionSign />
          <SchemeSwitch />
        </div>
      </header>
      <div className={classes.main}>
        <AwayBanner />
        <main id="content" tabIndex={-1} className={classes.content} data-stale={isStale || undefined}>
          <Outlet />
        </main>
      </div>
      <ScrollRestoration />
    </div>
  );
}

function Navigation() {
  const { dataset: shown } = useParams();
  const datasets = useDatasets();
  const dataset = shown ?? datasets?.[0]?.name ?? 'products';
  const entries = [
    { to: paths.overview(), text: 'Overview', Icon: IconLayoutDashboard, end: true },
    { to: paths.rows(dataset), text: capitalized(dataset), Icon: IconDatabase },
    { to: paths.counts(dataset), text: 'Counts', Icon: IconChartBar },
    { to: paths.runs(), text: 'Runs', Icon: IconHistory },
    { to: paths.sources(), text: 'Sources', Icon: IconServer },
    { to: paths.importing(), text: 'Import', Icon: IconFileUpload },
  ];
  return (
    <nav aria-label="Pages" className={classes.nav}>
      {entries.map(({ to, text, Icon, end = false }) => (
        <NavLink key={to} to={to} end={end} className={classes.link}>
          <Icon size={18} stroke={1.6} aria-hidden />
          <span>{text}</span>
        </NavLink>
      ))}
    </nav>
  );
}

const signs = {
  connecting: 'Connecting',
  live: 'Live',
  away: 'Away',
  refreshing: 'Refreshing',
  deaf: 'Not live',
  locked: 'Locked',
} as const;

function ConnectionSign() {
  const { state } = useConnection();
  return (
    <span className={classes.sign} data-state={state} title="Whether changes appear here by themselves">
      <span className={classes.dot} aria-hidden />
      {signs[state]}
    </span>
  );
}

function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme('light') === 'dark';
  const text = isDark ? 'Light colours' : 'Dark colours';
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={text}
      title={text}
      onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
    >
      {isDark ? <IconSun size={18} stroke={1.6} /> : <IconMoon size={18} stroke={1.6} />}
    </ActionIcon>
  );
}
