import { Alert, Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { call } from '../api/client.ts';
import { messageOf } from '../api/problem.ts';
import type { Authorization, OAuthProvider, Page, Token } from '../api/types.ts';
import { Failure } from '../parts/failure.tsx';
import { Loaded } from '../parts/view.tsx';
import { text } from '../text.ts';
import { Completion } from './completion.tsx';

/** The person's part of the connect path: choose, go to the provider, come back. */
export function Connect({
  again,
  close,
}: {
  again?: Pick<Token, 'credential' | 'provider'> | undefined;
  close: () => void;
}) {
  const [begun, setBegun] = useState<Authorization>();
  const [connected, setConnected] = useState(false);
  const queries = useQueryClient();
  const finish = (): void => {
    setConnected(true);
    void queries.invalidateQueries({ queryKey: ['tokens'] });
  };
  if (begun !== undefined && connected) {
    return (
      <Stack>
        <Alert color="teal" role="status">
          {text.connect.connected(begun.credential)}
        </Alert>
        <Button onClick={close} data-autofocus>
          {text.connect.done}
        </Button>
      </Stack>
    );
  }
  if (begun !== undefined) {
    return <Completion authorization={begun} connected={finish} again={() => setBegun(undefined)} />;
  }
  return <Choose again={again} begun={setBegun} />;
}

function Choose({
  again,
  begun,
}: {
  again?: Pick<Token, 'credential' | 'provider'> | undefined;
  begun: (authorization: Authorization) => void;
}) {
  const providers = useQuery({
    queryKey: ['oauth-providers'],
    queryFn: () => call<Page<OAuthProvider>>('GET', '/api/oauth/providers'),
  });
  const [chosen, setChosen] = useState(again?.provider);
  const [credential, setCredential] = useState(again?.credential ?? '');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();

  async function start(event: FormEvent, provider: string): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    try {
      const body = { provider, ...(credential.trim() === '' ? {} : { credential: credential.trim() }) };
      begun(await call<Authorization>('POST', '/api/oauth/authorize', { body }));
    } catch (error) {
      setFailure(messageOf(error));
      setBusy(false);
    }
  }

  return (
    <Loaded from={providers}>
      {({ items }) => {
        const people = items.filter(({ grant }) => grant !== 'client_credentials');
        const provider = people.find(({ name }) => name === chosen) ?? people[0];
        if (provider === undefined) return <Text>{text.connect.noProviders}</Text>;
        return (
          <form onSubmit={(event) => void start(event, provider.name)}>
            <Stack>
              <NativeSelect
                label={text.connect.provider}
                value={provider.name}
                disabled={again !== undefined}
                onChange={(event) => setChosen(event.currentTarget.value)}
                data={people.map(({ name }) => name)}
                data-autofocus
              />
              {again === undefined && (
                <TextInput
                  label={text.connect.credential}
                  description={text.connect.credentialHelp}
                  placeholder={provider.name}
                  value={credential}
                  onChange={(event) => setCredential(event.currentTarget.value)}
                />
              )}
              {provider.termsNotice !== undefined && (
                <Alert color="yellow" title={text.connect.terms}>
                  {provider.termsNotice}
                </Alert>
              )}
              <Failure says={failure} />
              <Group justify="flex-end">
                <Button type="submit" loading={busy}>
                  {text.connect.start}
                </Button>
              </Group>
            </Stack>
          </form>
        );
      }}
    </Loaded>
  );
}
