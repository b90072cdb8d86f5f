import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { call, rememberCsrfToken } from './client.ts';
import { Problem } from './problem.ts';
import type { Role, Session } from './types.ts';

const KEY = ['session'];
const ORDER: readonly Role[] = ['viewer', 'operator', 'admin'];

/** Who is signed in: undefined while asking, null for nobody. */
export function useSession(): { session: Session | null | undefined; error: unknown } {
  const { data, error } = useQuery({ queryKey: KEY, queryFn: readSession, staleTime: 60_000 });
  return { session: data, error };
}

async function readSession(): Promise<Session | null> {
  try {
    const session = await call<Session>('GET', '/api/session');
    rememberCsrfToken(session.csrfToken);
    return session;
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

export function useSignIn(): (token: string) => Promise<void> {
  const queries = useQueryClient();
  return useCallback(
    async (token) => {
      const session = await call<Session>('POST', '/api/session', { body: { token } });
      rememberCsrfToken(session.csrfToken);
      queries.setQueryData(KEY, session);
    },
    [queries],
  );
}

export function useSignOut(): () => Promise<void> {
  const queries = useQueryClient();
  return useCallback(async () => {
    await call('DELETE', '/api/session').catch(() => undefined);
    queries.clear();
    queries.setQueryData(KEY, null);
  }, [queries]);
}

/** Whether the person may do what needs a role; the server decides again. */
export function useMay(role: Role): boolean {
  const { session } = useSession();
  return session != null && ORDER.indexOf(session.role) >= ORDER.indexOf(role);
}
