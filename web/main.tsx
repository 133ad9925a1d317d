import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import 'virtual:theme.css';
import './style/base.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import { reconnect, connect } from './live/connection.ts';
import { eventListener } from './live/apply-events.ts';
import { whenLocked } from './api/problem.ts';
import { follow } from './parts/whereabouts.ts';
import { router } from './routes.tsx';
import { theme } from './theme.ts';

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY, // events say what has changed
      gcTime: 60_000,
      refetchOnWindowFocus: false,
      retry: false, // when the master is away all queries wait; any other problem is told at once
    },
    mutations: { networkMode: 'always', retry: false }, // what a person wanted then is not done some time later
  },
});

whenLocked(reconnect);
follow(router);
void connect(eventListener(client));

const root = document.querySelector('#root');
if (root === null) throw new Error('index.html has no #root');
const options = {
  // React says that it has recovered; what from is worth more.
  onRecoverableError: (error: unknown) => reportError((error as Error).cause ?? error),
};
createRoot(root, options).render(
  <StrictMode>
    {/* Neither variables nor classes as style elements: the content policy refuses those. They are in virtual:theme.css. */}
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={client}>
        <Notifications position="bottom-right" />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
