/** How a source can be called, and what can be said of where it is. */
const nameForm = /^[a-z0-9][a-z0-9._-]{0,62}$/i;

/** Why a source cannot be called so, or `null`. Names stand on command lines, in logs and in names of variables. */
export function sourceNameProblem(name: string): string | null {
  if (name === 'local')
    return 'it must be another name: files that "longhaul import" has brought belong to "local"';
  if (name === 'upload') return 'it must be another name: files that were uploaded belong to "upload"';
  if (nameForm.test(name)) return null;
  return 'it must be up to 63 letters, digits, dots, hyphens and underscores, such as shop-1';
}

/** Why this cannot be where a source is, or `null`. */
export function sourceUrlProblem(url: string): string | null {
  const expected = 'it must be http://HOST…, https://HOST…, or the path of a file or folder';
  if (url === '' || /[\0\r\n]/.test(url)) return expected;
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) {
    // Without its beginning it would be a path, and nobody has such a folder.
    return /^[a-z0-9.-]+:\d+(\/|$)/i.test(url)
      ? `it must begin with http:// or https://: http://${url}`
      : null;
  }
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return expected;
  const { username, password, hash } = new URL(url);
  if (username !== '' || password !== '')
    return 'it must not hold a user or a password: a token belongs into a file or the environment';
  return hash === '' ? null : 'it must not have a part after #, which is never sent';
}
