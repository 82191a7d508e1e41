import type { MouseEvent, ReactNode } from 'react';
import { useSyncExternalStore } from 'react';

function subscribe(tell: () => void): () => void {
  window.addEventListener('popstate', tell);
  return () => window.removeEventListener('popstate', tell);
}

/** The path of the address. */
export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.pathname);
}

/** Shows another place, as a link does. */
export function go(to: string): void {
  history.pushState(null, '', to);
  window.dispatchEvent(new PopStateEvent('popstate'));
}

/** Whether a click wants something else of a link, such as a new tab. */
const isSpecial = ({ metaKey, ctrlKey, shiftKey, altKey, button }: MouseEvent): boolean =>
  metaKey || ctrlKey || shiftKey || altKey || button !== 0;

interface LinkProps {
  readonly to: string;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A link to a place of the studio. */
export function Link({ to, className, children }: LinkProps) {
  const path = usePath();
  const follow = (event: MouseEvent): void => {
    if (isSpecial(event)) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={to} className={className} onClick={follow} aria-current={path === to ? 'page' : undefined}>
      {children}
    </a>
  );
}
