/** What every answer tells browsers, so that they do no more with it than it is there for. */

/**
 * Scripts and styles are our own files and nothing else, so that text can never become one, whatever it comes to. What the component
 * library would put into style elements while it runs is a file of the pages (web/build/theme-css.ts).
 */
const pagesPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');
const dataPolicy = "default-src 'none'; frame-ancestors 'none'";

const always = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Unless a route says something else.
  'cache-control': 'no-store',
};

/** @param hasPages whether browsers are to show what this server has */
export function securityHeaders(hasPages: boolean): Readonly<Record<string, string>> {
  return { ...always, 'content-security-policy': hasPages ? pagesPolicy : dataPolicy };
}
