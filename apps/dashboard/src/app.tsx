import { lazy, Suspense } from 'react';
import { useSession } from './api/session.ts';
import { DeadPage } from './dead/dead-page.tsx';
import { EditPage, NewPage } from './edit/edit-page.tsx';
import { NowPage } from './now/now-page.tsx';
import { TimerPage } from './timer/timer-page.tsx';
import { TimersPage } from './timers/timers-page.tsx';
import { type Place, usePlace } from './ui/router.ts';
import { Shell } from './ui/shell.tsx';
import { SignIn } from './ui/sign-in.tsx';

// most who look have neither: they come when they are asked for
const TasksPage = lazy(async () => ({ default: (await import('./tasks/tasks-page.tsx')).TasksPage }));
const JobsPage = lazy(async () => ({ default: (await import('./jobs/jobs-page.tsx')).JobsPage }));

export function App() {
  const place = usePlace();
  const at = place.path[0] === 'new' ? 'timers' : (place.path[0] ?? '');
  const { isAsked } = useSession();
  return (
    <Shell at={at}>
      <Suspense fallback={<p className="faint">Loading</p>}>{isAsked ? <SignIn /> : pageOf(place)}</Suspense>
    </Shell>
  );
}

function pageOf({ path: [page, id, sub], query }: Place) {
  if (page === 'timers' && id !== undefined)
    return sub === 'edit' ? <EditPage key={id} id={id} /> : <TimerPage key={id} id={id} />;
  if (page === 'timers') return <TimersPage query={query} />;
  if (page === 'new') return <NewPage />;
  if (page === 'dead') return <DeadPage />;
  if (page === 'tasks') return <TasksPage query={query} />;
  if (page === 'jobs') return <JobsPage />;
  return <NowPage />;
}
