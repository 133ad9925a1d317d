/** The whole application on one screen: which address shows what. Pages are loaded when they are first opened. */
import type { ComponentType } from 'react';
import { createBrowserRouter, Navigate } from 'react-router';
import { loadCode } from './live/load-code.ts';
import { Crash } from './parts/crash.tsx';
import { Layout } from './parts/layout.tsx';
import { NotHere } from './parts/not-here.tsx';

type Load = () => Promise<{ Page: ComponentType }>;
const page = (load: Load) => ({ lazy: async () => ({ Component: (await loadCode(load)).Page }) });

export const router = createBrowserRouter([
  {
    Component: Layout,
    ErrorBoundary: Crash,
    HydrateFallback: () => null,
    children: [
      {
        ErrorBoundary: Crash,
        children: [
          { index: true, ...page(() => import('./pages/overview/overview-page.tsx')) },
          { path: 'datasets/:dataset', element: <Navigate to="rows" replace /> },
          { path: 'datasets/:dataset/rows', ...page(() => import('./pages/rows/rows-page.tsx')) },
          { path: 'datasets/:dataset/counts', ...page(() => import('./pages/counts/counts-page.tsx')) },
          { path: 'runs', ...page(() => import('./pages/runs/runs-page.tsx')) },
          {
            path: 'runs/:run',
            ...page(() => import('./pages/runs/run-page.tsx')),
            children: [
              { index: true, ...page(() => import('./pages/runs/receipt.tsx')) },
              { path: 'chunks', ...page(() => import('./pages/runs/chunk-map.tsx')) },
              { path: 'rejects', ...page(() => import('./pages/runs/rejects.tsx')) },
            ],
          },
          { path: 'sources', ...page(() => import('./pages/sources/sources-page.tsx')) },
          { path: 'sources/:source', ...page(() => import('./pages/sources/source-page.tsx')) },
          { path: 'import', ...page(() => import('./pages/import/import-page.tsx')) },
          { path: 'import/:id', ...page(() => import('./pages/import/upload-page.tsx')) },
          { path: '*', Component: NotHere },
        ],
      },
    ],
  },
]);
