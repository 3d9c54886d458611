import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Status } from '../api/types.ts';
import { distanceLabel, momentLabel } from './format.ts';

/** The page's one heading; it takes the focus when the page is entered, so that a reader hears where it is. */
export function Title({ children }: { readonly children: ReactNode }) {
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => ref.current?.focus({ preventScroll: true }), []);
  return (
    <h1 ref={ref} tabIndex={-1}>
      {children}
    </h1>
  );
}

export const StatusMark = ({ status }: { readonly status: Status }) => (
  <span className={`status status-${status}`}>{status}</span>
);

interface DistanceProps {
  readonly to: string;
  /** Nothing is said of a moment that has passed. */
  readonly onlyAhead?: boolean;
}

/** How far it is to a moment, or how long ago it was, told anew each second. */
export function Distance({ to, onlyAhead = false }: DistanceProps) {
  const [, setTicks] = useState(0);
  useEffect(() => {
    const ticking = window.setInterval(() => setTicks((ticks) => ticks + 1), 1_000);
    return () => window.clearInterval(ticking);
  }, []);
  if (onlyAhead && Date.parse(to) <= Date.now()) return null;
  return (
    <span className="faint">
      {onlyAhead ? ' · ' : ' '}
      {distanceLabel(to)}
    </span>
  );
}

export const Moment = ({ at, distance = false }: { readonly at: string; readonly distance?: boolean }) => (
  <time dateTime={at} title={at}>
    {momentLabel(at)}
    {distance && <Distance to={at} />}
  </time>
);

export const Notice = ({
  kind,
  children,
}: {
  readonly kind: 'bad' | 'good' | 'plain';
  readonly children: ReactNode;
}) => (
  <p className={`notice notice-${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
    {children}
  </p>
);

export function Card({
  title,
  children,
  aside,
}: {
  readonly title: string;
  readonly children: ReactNode;
  readonly aside?: ReactNode;
}) {
  return (
    <section className="card" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** A question that is answered before anything is done. */
export function Confirm({
  question,
  yes,
  onYes,
  onNo,
  children,
}: {
  readonly question: string;
  readonly yes: string;
  readonly onYes: () => void;
  readonly onNo: () => void;
  readonly children?: ReactNode;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => ref.current?.showModal(), []);
  return (
    <dialog ref={ref} onClose={onNo} aria-labelledby="question">
      <h2 id="question">{question}</h2>
      {children}
      <div className="row end">
        <button type="button" onClick={onNo}>
          Cancel
        </button>
        <button type="button" className="danger" onClick={onYes}>
          {yes}
        </button>
      </div>
    </dialog>
  );
}

export function CopyText({ label, text }: { readonly label: string; readonly text: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      // refused by the browser: the text stands right below, to be selected by hand
      () => setCopied(false),
    );
  return (
    <details className="copy">
      <summary>{label}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard too */}
      <pre tabIndex={0}>{text}</pre>
      <button type="button" onClick={copy}>
        {isCopied ? 'Copied' : 'Copy'}
      </button>
    </details>
  );
}
