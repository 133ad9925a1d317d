import { type ReactNode, useEffect, useRef } from 'react';
import { useLocation } from 'react-router';
import classes from './page.module.css';

export interface PageProps {
  readonly title: string;
  /** In the browser's tab, where the title alone would not say what is shown. */
  readonly documentTitle?: string;
  readonly actions?: ReactNode;
  /** Below the title. */
  readonly about?: ReactNode;
  /** The page is as high as the window and its list scrolls, instead of the window. */
  readonly filled?: boolean;
  readonly children: ReactNode;
}

/** Title, actions, content. Whoever comes here by a link starts to read at the title. */
export function PageFrame({ title, documentTitle = title, actions, about, filled, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { pathname, key } = useLocation();
  useEffect(() => {
    document.title = `${documentTitle} · Longhaul`;
  }, [documentTitle]);
  useEffect(() => {
    // Not at the first view of all: the browser's own start of the document is right there.
    if (key !== 'default') heading.current?.focus({ preventScroll: true });
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only another page moves the focus, not another filter
  }, [pathname]);
  return (
    <div className={filled === true ? classes.filled : classes.page}>
      <header className={classes.header}>
        <h1 ref={heading} tabIndex={-1}>
          <bdi>{title}</bdi>
        </h1>
        {about !== undefined && <div className={classes.about}>{about}</div>}
        {actions !== undefined && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export interface SectionProps {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Section({ title, actions, children }: SectionProps) {
  return (
    <section className={classes.section} aria-label={title}>
      <header className={classes.sectionHeader}>
        <h2>{title}</h2>
        {actions !== undefined && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </section>
  );
}
