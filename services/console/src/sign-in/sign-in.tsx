import { Button, Center, Divider, Paper, PasswordInput, Stack, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, type FormEvent } from 'react';
import { call } from '../api/client.ts';
import { messageOf } from '../api/problem.ts';
import { useSignIn } from '../api/session.ts';
import logo from '../logo.svg';
import { Failure } from '../parts/failure.tsx';
import { text } from '../text.ts';
import { ownPath } from './own-path.ts';

export function SignIn() {
  const parameters = new URLSearchParams(window.location.search);
  const returnTo = ownPath(parameters.get('returnTo'));
  const sso = useQuery({
    queryKey: ['sso'],
    queryFn: () => call<{ enabled: boolean; label?: string }>('GET', '/api/sso'),
  });
  const signIn = useSignIn();
  const [token, setToken] = useState('');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState(explained(parameters.get('error')));
  useEffect(() => {
    document.title = `${text.session.signIn} – ${text.product}`;
  }, []);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    try {
      await signIn(token.trim());
    } catch (error) {
      setFailure(messageOf(error));
      setBusy(false);
    }
  }

  const withSso = sso.data?.enabled === true;
  return (
    <Center mih="90vh" p="md" component="main">
      <Paper withBorder p="xl" w="100%" maw={420} shadow="sm">
        <Stack>
          <Stack align="center" gap="xs">
            <img src={logo} width={44} height={44} alt="" />
            <Title order={1} size="h3">
              {text.session.title}
            </Title>
          </Stack>
          <Failure says={failure} />
          {withSso && (
            <>
              <Button
                component="a"
                href={`/api/sso/login?returnTo=${encodeURIComponent(`/console${returnTo}`)}`}
                size="md"
              >
                {text.session.sso(sso.data?.label ?? '')}
              </Button>
              <Divider label={text.session.or} />
            </>
          )}
          <form onSubmit={(event) => void submit(event)}>
            <Stack>
              <PasswordInput
                label={text.session.token}
                description={text.session.tokenHelp}
                autoComplete="current-password"
                required
                data-autofocus={!withSso}
                value={token}
                onChange={(event) => setToken(event.currentTarget.value)}
              />
              <Button type="submit" loading={busy} variant={withSso ? 'default' : 'filled'} size="md">
                {text.session.signIn}
              </Button>
            </Stack>
          </form>
        </Stack>
      </Paper>
    </Center>
  );
}

function explained(code: string | null): string | undefined {
  if (code === null) return undefined;
  const known: Readonly<Record<string, unknown>> = text.session.errors;
  const says = Object.hasOwn(known, code) ? known[code] : undefined;
  return typeof says === 'string' ? says : text.session.errors.other(code.replace(/[^a-z_]/g, ''));
}
