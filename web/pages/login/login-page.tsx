import { PasswordInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api } from '../../api/client.ts';
import { reconnect } from '../../live/connection.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { Problem } from '../../parts/states.tsx';
import classes from './login.module.css';

/** In place of all pages, as long as the master wants a token that this browser has not given. */
export function LoginPage() {
  const [token, setToken] = useState('');
  const opening = useMutation({
    mutationFn: () => api('openSession', { body: { token } }),
    onSuccess: reconnect,
  });
  useEffect(() => {
    document.title = 'Log in · Longhaul';
  }, []);
  return (
    <main className={classes.place}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (token !== '') opening.mutate();
        }}
      >
        <h1>Longhaul</h1>
        <p className="soft">This master answers only whoever has its token.</p>
        <PasswordInput
          label="Token"
          description="What the master was started with: LONGHAUL_TOKEN."
          autoComplete="current-password"
          data-autofocus
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          maxLength={4096}
        />
        {opening.error !== null && <Problem error={opening.error} />}
        <ActionButton type="submit" isBusy={opening.isPending} disabled={token === ''}>
          Log in
        </ActionButton>
      </form>
    </main>
  );
}
