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
