import { Anchor, Box, Button, Group, NativeSelect, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { Link } from 'wouter';
import { useMay } from '../api/session.ts';
import type { Token } from '../api/types.ts';
import { PlusIcon } from '../parts/icons.ts';
import { usePages } from '../parts/pages.ts';
import { StatusBadge } from '../parts/status-badge.tsx';
import { Countdown } from '../parts/times.tsx';
import { Empty, Loaded } from '../parts/view.tsx';
import { VirtualList } from '../parts/virtual-list.tsx';
import { text } from '../text.ts';
import { openConnect } from './open-connect.ts';
import { plainError } from './plain-error.ts';

const ROW = 64;
const { credential, provider, status, expires, refresh } = text.credentials.columns;
const HEAD = [credential, provider, status, expires, refresh];

export function OAuthCredentials() {
  const [prefix, setPrefix] = useState('');
  const [chosen, setChosen] = useState('');
  const [wanted] = useDebouncedValue(prefix, 250);
  const { result, items, more, loadMore } = usePages<Token>(
    'tokens',
    '/api/oauth/tokens',
    { prefix: wanted, status: chosen },
    { limit: 200, refetchMs: 10_000 },
  );
  const mayConnect = useMay('operator');
  const connect = mayConnect && (
    <Button leftSection={<PlusIcon aria-hidden />} onClick={() => openConnect()}>
      {text.credentials.connect}
    </Button>
  );
  const filtered = wanted !== '' || chosen !== '';
  return (
    <>
      <Group mb="md" justify="space-between">
        <Group className="filters">
          <TextInput
            aria-label={text.credentials.filter}
            placeholder={text.credentials.filter}
            value={prefix}
            onChange={(event) => setPrefix(event.currentTarget.value)}
          />
          <NativeSelect
            aria-label={text.credentials.statusFilter}
            value={chosen}
            onChange={(event) => setChosen(event.currentTarget.value)}
            data={[
              { value: '', label: text.credentials.anyStatus },
              ...Object.entries(text.status).map(([value, label]) => ({ value, label })),
            ]}
          />
        </Group>
        {connect}
      </Group>
      <Loaded from={result}>
        {() =>
          items?.length === 0 && !more ? (
            <Empty action={filtered ? undefined : connect}>
              {filtered ? text.requests.empty : text.credentials.empty}
            </Empty>
          ) : (
            <VirtualList
              label={text.credentials.title}
              columns={HEAD}
              layout="row-credential"
              items={items ?? []}
              keyOf={(token) => token.credential}
              rowHeight={ROW}
              more={more}
              loadMore={loadMore}
            >
              {rowOf}
            </VirtualList>
          )
        }
      </Loaded>
    </>
  );
}

const rowOf = (token: Token) => <Row token={token} />;

function Row({ token }: { token: Token }) {
  const { account, expiresAt, refreshAt, lastError } = token;
  return (
    <div className="row row-credential">
      <Box>
        <Anchor
          component={Link}
          href={`/credentials/oauth/${encodeURIComponent(token.credential)}`}
          truncate="end"
          display="block"
        >
          {token.credential}
        </Anchor>
        <Text size="xs" c="dimmed" truncate="end">
          {account ?? text.actions.none}
        </Text>
      </Box>
      <Text size="sm" truncate="end" className="wide-only">
        {token.provider}
      </Text>
      <Box>
        <StatusBadge status={token.status} />
        {lastError && (
          <Text size="xs" c="dimmed" truncate="end" title={plainError(lastError)}>
            {plainError(lastError)}
          </Text>
        )}
      </Box>
      <Text size="sm" component="div" className="wide-only">
        <Countdown to={expiresAt} />
      </Text>
      <Text size="sm" component="div" className="wide-only">
        <Countdown to={refreshAt} />
      </Text>
    </div>
  );
}
