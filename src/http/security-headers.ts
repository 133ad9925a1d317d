/** What every answer tells browsers, so that they do no more with it than it is there for. */

/**
 * Scripts are our own files and nothing else, so that text can never become one, whatever it comes to. Styles may stand in elements:
 * the component library makes some while it runs, and with all other sources of content closed they can fetch nothing and send
 * nothing anywhere.
 */
const pagesPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
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
