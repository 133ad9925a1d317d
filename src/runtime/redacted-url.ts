const shownPassword = '***';

/** A URL as it may be shown and written down: a password in it is replaced, also in a URL that cannot be understood. */
export function redactedUrl(url: string): string {
  return (
    url
      // To the last @ before the path: a password may hold one that was not encoded.
      .replace(/^([a-z]+:\/\/[^:@/?#]*):[^/?#]*@/i, `$1:${shownPassword}@`)
      .replace(/([?&]password=)[^&#]*/gi, `$1${shownPassword}`)
  );
}

/**
 * A source's address as it may be shown and written down: without user, password and fragment, and without what a query says.
 * Of one that cannot be understood no more than its scheme: nobody knows what in it is secret.
 */
export function shownAddress(address: string | URL): string {
  const url = URL.parse(String(address));
  if (url === null) return `${/^[a-z]+:/i.exec(String(address))?.[0] ?? ''}…`;
  return `${url.protocol}//${url.host}${url.pathname}${url.search === '' ? '' : '?…'}`;
}

/** Whether it is asked over the network; anything else is a path. */
export function isHttpAddress(address: string): boolean {
  return /^https?:/i.test(address);
}
