import { Alert, Anchor, Badge, Button, Card, Group, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { useChange } from '../api/changes.ts';
import { call } from '../api/client.ts';
import { useMay } from '../api/session.ts';
import type { Page, RefreshRecord, Token } from '../api/types.ts';
import { confirm } from '../parts/confirm.tsx';
import { Facts } from '../parts/facts.tsx';
import { milliseconds } from '../parts/format.ts';
import { StatusBadge } from '../parts/status-badge.tsx';
import { DataTable } from '../parts/table.tsx';
import { Countdown, Moment } from '../parts/times.tsx';
import { Loaded, View } from '../parts/view.tsx';
import { text } from '../text.ts';
import { openConnect } from './open-connect.ts';
import { plainError } from './plain-error.ts';

export default function Credential({ id = '' }: { id?: string }) {
  const path = `/api/oauth/tokens/${encodeURIComponent(id)}`;
  const token = useQuery({
    queryKey: ['tokens', 'one', id],
    queryFn: () => call<Token>('GET', path),
    refetchInterval: 3_000,
  });
  return (
    <View
      title={id}
      actions={
        <Anchor component={Link} href="/credentials" size="sm">
          {text.credentials.back}
        </Anchor>
      }
    >
      <Loaded from={token}>
        {(state) => (
          <Stack>
            <Actions token={state} path={path} />
            {state.lastError && (
              <Alert
                color={state.status === 'active' ? 'yellow' : 'red'}
                title={text.credentials.columns.problem}
              >
                {plainError(state.lastError)} <Moment at={state.lastError.at} />
              </Alert>
            )}
            <Known token={state} />
            {state.notes !== undefined && <Notes of={state.notes} />}
            <History id={id} generation={state.generation} />
          </Stack>
        )}
      </Loaded>
    </View>
  );
}

function Actions({ token, path }: { token: Token; path: string }) {
  const [, go] = useLocation();
  const { credential } = token;
  const may = useMay('operator');
  const refresh = useChange(() => call<Token>('POST', `${path}/refresh`), {
    touches: ['tokens'],
    done: () => text.credentials.refreshed(credential),
  });
  const revoke = useChange(() => call('DELETE', path), {
    touches: ['tokens'],
    done: () => {
      go('/credentials');
      return text.credentials.revoked(credential);
    },
  });
  return (
    <Group>
      <StatusBadge status={token.status} />
      {may && (
        <>
          <Button
            size="xs"
            variant="default"
            loading={refresh.isPending}
            onClick={() => refresh.mutate(undefined)}
          >
            {text.credentials.refresh}
          </Button>
          <Button size="xs" onClick={() => openConnect(token)}>
            {text.credentials.reauthorize}
          </Button>
          <Button
            size="xs"
            color="red"
            variant="outline"
            loading={revoke.isPending}
            onClick={() =>
              confirm({
                title: text.credentials.revokeTitle(credential),
                text: text.credentials.revokeText,
                action: text.credentials.revoke,
                run: () => revoke.mutate(undefined),
              })
            }
          >
            {text.credentials.revoke}
          </Button>
        </>
      )}
    </Group>
  );
}

function Known({ token }: { token: Token }) {
  const facts: [string, ReactNode][] = [
    [text.credentials.columns.provider, token.provider],
    [text.credentials.account, token.account ?? text.actions.none],
    [text.credentials.columns.expires, <Countdown key="expires" to={token.expiresAt} />],
    [text.credentials.columns.refresh, <Countdown key="refresh" to={token.refreshAt} />],
    [text.credentials.refreshExpires, <Countdown key="end" to={token.refreshExpiresAt} />],
    [text.credentials.generation, token.generation],
    [text.credentials.obtained, <Moment key="obtained" at={token.obtainedAt} />],
    [
      text.credentials.scopes,
      <Group key="scopes" gap={4}>
        {token.scopes.map((scope) => (
          <Badge key={scope} variant="default" tt="none">
            {scope}
          </Badge>
        ))}
      </Group>,
    ],
  ];
  return (
    <Card withBorder>
      <Facts of={facts} cols={{ base: 1, sm: 2, lg: 4 }} />
    </Card>
  );
}

/** What the vendor answered to the steps after connecting; nobody writes these by hand. */
function Notes({ of }: { of: Readonly<Record<string, string>> }) {
  const facts = Object.entries(of).map(
    ([name, value]) => [text.credentials.noteNames[name] ?? name, value] as const,
  );
  return (
    <Card withBorder component="section" aria-label={text.credentials.notes}>
      <Text fw={600} mb="xs" component="h2" fz="md">
        {text.credentials.notes}
      </Text>
      <Facts of={facts} cols={{ base: 1, sm: 2, lg: 4 }} />
    </Card>
  );
}

function History({ id, generation }: { id: string; generation: number }) {
  const history = useQuery({
    queryKey: ['tokens', 'history', id, generation],
    queryFn: () => call<Page<RefreshRecord>>('GET', `/api/oauth/tokens/${encodeURIComponent(id)}/history`),
    placeholderData: (before) => before,
  });
  return (
    <Card withBorder>
      <Text fw={600} mb="xs" component="h2" fz="md">
        {text.credentials.history}
      </Text>
      <Loaded from={history}>
        {({ items }) =>
          items.length === 0 ? (
            <Text c="dimmed" size="sm">
              {text.credentials.noHistory}
            </Text>
          ) : (
            <DataTable
              label={text.credentials.history}
              head={[
                text.requests.when,
                text.requests.outcome,
                text.credentials.generation,
                text.requests.took,
              ]}
            >
              {items.map(({ at, outcome, generation: reached, durationMs }) => (
                <Table.Tr key={at}>
                  <Table.Td>
                    <Moment at={at} />
                  </Table.Td>
                  <Table.Td>
                    <Badge color={outcome === 'refreshed' ? 'teal' : 'orange'} variant="light" tt="none">
                      {outcome}
                    </Badge>
                  </Table.Td>
                  <Table.Td className="numbers">{reached}</Table.Td>
                  <Table.Td className="numbers">{milliseconds(durationMs)}</Table.Td>
                </Table.Tr>
              ))}
            </DataTable>
          )
        }
      </Loaded>
    </Card>
  );
}
