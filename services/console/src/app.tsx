import { Center, Loader } from '@mantine/core';
import { lazy, Suspense, useEffect } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { useQueryClient } from '@tanstack/react-query';
import { whenSignedOut } from './api/client.ts';
import { useSession } from './api/session.ts';
import { Crash } from './parts/crash.tsx';
import { Failed } from './parts/view.tsx';
import { Shell } from './shell/shell.tsx';
import { NotFound } from './shell/not-found.tsx';
import { ownPath } from './sign-in/own-path.ts';
import { SignIn } from './sign-in/sign-in.tsx';
import { text } from './text.ts';

/** Each view is a file of its own, fetched when it is first opened. */
const VIEWS = [
  { path: '/', view: lazy(() => import('./overview/overview.tsx')) },
  { path: '/credentials/:tab?', view: lazy(() => import('./credentials/credentials.tsx')) },
  { path: '/credentials/oauth/:id', view: lazy(() => import('./credentials/credential.tsx')) },
  { path: '/routing/:tab?', view: lazy(() => import('./routing/routing.tsx')) },
  { path: '/config/:tab?', view: lazy(() => import('./config/config.tsx')) },
  { path: '/config/history/:revision', view: lazy(() => import('./config/revision.tsx')) },
  { path: '/explain', view: lazy(() => import('./explain/explain.tsx')) },
  { path: '/try', view: lazy(() => import('./try/try.tsx')) },
  { path: '/keys/:tab?', view: lazy(() => import('./keys/keys.tsx')) },
  { path: '/usage', view: lazy(() => import('./usage/usage.tsx')) },
  { path: '/requests', view: lazy(() => import('./requests/requests.tsx')) },
  { path: '/audit', view: lazy(() => import('./audit/audit.tsx')) },
  { path: '/settings', view: lazy(() => import('./settings/settings.tsx')) },
] as const;

export function App() {
  const { session, error } = useSession();
  const queries = useQueryClient();
  useEffect(() => whenSignedOut(() => queries.setQueryData(['session'], null)), [queries]);
  if (session === undefined) return error ? <Failed error={error} /> : <Waiting />;
  if (session === null) return <SignedOut />;
  return (
    <Shell session={session}>
      <Views />
    </Shell>
  );
}

function SignedOut() {
  const [location] = useLocation();
  return (
    <Switch>
      <Route path="/sign-in" component={SignIn} />
      <Route>
        <Redirect to={`/sign-in?returnTo=${encodeURIComponent(location + window.location.search)}`} replace />
      </Route>
    </Switch>
  );
}

function Views() {
  const [location] = useLocation();
  return (
    <Crash key={location}>
      <Suspense fallback={<Waiting />}>
        <Switch>
          <Route path="/sign-in">
            <Redirect to={ownPath(new URLSearchParams(window.location.search).get('returnTo'))} replace />
          </Route>
          {VIEWS.map(({ path, view: View }) => (
            <Route key={path} path={path}>
              {(parameters) => <View {...(parameters as Record<string, string>)} />}
            </Route>
          ))}
          <Route component={NotFound} />
        </Switch>
      </Suspense>
    </Crash>
  );
}

function Waiting() {
  return (
    <Center mih="40vh">
      <Loader role="status" aria-label={text.actions.loading} />
    </Center>
  );
}
