import { Badge, Button, Group, Progress, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useChange } from '../api/changes.ts';
import { call } from '../api/client.ts';
import type { Rewrap, RingKey, VaultKeys } from '../api/types.ts';
import { useNow } from '../parts/now.ts';
import { Countdown } from '../parts/times.tsx';
import { Loaded } from '../parts/view.tsx';
import { text } from '../text.ts';
import { Section } from './section.tsx';

/** A key that seals for longer than this should make room for a new one. */
const YEAR_MS = 365 * 24 * 3_600_000;

export function Rings() {
  const rewrap = useQuery({
    queryKey: ['rewrap'],
    queryFn: () => call<Rewrap>('GET', '/api/vault/rewrap'),
    refetchInterval: ({ state }) => (isUnderWay(state.data) ? 2_000 : false),
    retry: false,
  });
  const keys = useQuery({
    // counted anew when a re-sealing ends
    queryKey: ['vault-keys', rewrap.data?.finishedAt],
    queryFn: () => call<VaultKeys>('GET', '/api/vault/keys'),
    placeholderData: (before) => before,
  });
  const start = useChange(() => call<Rewrap>('POST', '/api/vault/rewrap'), {
    touches: ['rewrap', 'vault-keys'],
  });
  const { seen = 0, total = 0 } = rewrap.data ?? {};
  const running = isUnderWay(rewrap.data);
  return (
    <Section
      title={text.settings.rings}
      actions={
        <Button size="xs" variant="default" disabled={running} onClick={() => start.mutate(undefined)}>
          {text.settings.rewrap}
        </Button>
      }
    >
      <Stack>
        <Text size="sm" c="dimmed">
          {text.settings.ringsText}
        </Text>
        {running && (
          <div role="status">
            <Progress value={total === 0 ? 0 : (100 * seen) / total} aria-label={text.settings.rewrap} />
            <Text size="xs">{text.settings.rewrapRunning(seen, total)}</Text>
          </div>
        )}
        {rewrap.data?.status === 'done' && rewrap.data.finishedAt !== undefined && (
          <Text size="sm">
            {text.settings.rewrapDone(total)} <Countdown to={rewrap.data.finishedAt} />
          </Text>
        )}
        <Loaded from={keys}>
          {({ access, refresh }) => (
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <Ring title={text.settings.access} keys={access.keys} />
              <Ring title={text.settings.refresh} keys={refresh.keys} />
            </SimpleGrid>
          )}
        </Loaded>
      </Stack>
    </Section>
  );
}

function isUnderWay(rewrap: Rewrap | undefined): boolean {
  return rewrap !== undefined && rewrap.status !== 'done';
}

function Ring({ title, keys }: { title: string; keys: readonly RingKey[] }) {
  return (
    <div>
      <Text size="sm" fw={600} mb="xs">
        {title}
      </Text>
      <Stack gap="sm">
        {keys.map((key) => (
          <KeyOfRing key={key.kid} of={key} />
        ))}
      </Stack>
    </div>
  );
}

function KeyOfRing({ of: { kid, seals, held, envelopes, since } }: { of: RingKey }) {
  const now = useNow();
  const old = seals && since !== undefined && now - Date.parse(since) > YEAR_MS;
  return (
    <div>
      <Group gap="xs">
        <Text size="sm" ff="monospace">
          {kid}
        </Text>
        {seals && (
          <Badge variant="light" tt="none">
            {text.settings.seals}
          </Badge>
        )}
        {!held && (
          <Badge color="red" variant="light" tt="none">
            {text.settings.missing}
          </Badge>
        )}
        {old && (
          <Badge color="orange" variant="light" tt="none">
            {text.settings.old}
          </Badge>
        )}
      </Group>
      <Text size="sm" c="dimmed">
        {text.settings.sealed(envelopes)}
        {since !== undefined && (
          <>
            {text.settings.since} <Countdown to={since} />
          </>
        )}
      </Text>
    </div>
  );
}
