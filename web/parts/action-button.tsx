import { Button, type ButtonProps } from '@mantine/core';
import type { ComponentProps } from 'react';
import classes from './action-button.module.css';

export interface ActionButtonProps extends ButtonProps, Omit<ComponentProps<'button'>, keyof ButtonProps> {
  /** What it does is under way: another press does nothing. It keeps the focus meanwhile, which a disabled button would lose. */
  readonly isBusy: boolean;
}

export function ActionButton({ isBusy, onClick, ...props }: ActionButtonProps) {
  return (
    <Button
      {...props}
      className={classes.button}
      aria-disabled={isBusy || undefined}
      aria-busy={isBusy || undefined}
      onClick={(event) => {
        if (isBusy) event.preventDefault();
        else onClick?.(event);
      }}
    />
  );
}
