import type { Location, createBrowserRouter } from 'react-router';

type Router = Pick<ReturnType<typeof createBrowserRouter>, 'state'>;

let router: Router | null = null;

/** To be called once, before anything is shown. */
export function follow(given: Router): void {
  router = given;
}

/**
 * The address that is shown, or the one that somebody has gone to and that is still being loaded. Asked of the router itself: what React
 * knows of it comes with a transition, which on a busy machine is long after the click.
 */
export function goingTo(): Pick<Location, 'pathname' | 'search'> {
  return router?.state.navigation.location ?? router?.state.location ?? location;
}
