import { Alert, Badge, Button, Card, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useChange } from '../api/changes.ts';
import { call } from '../api/client.ts';
import { messageOf } from '../api/problem.ts';
import { useMay } from '../api/session.ts';
import type { Page, Provider, ProviderTest } from '../api/types.ts';
import { Failure } from '../parts/failure.tsx';
import { milliseconds } from '../parts/format.ts';
import { Countdown } from '../parts/times.tsx';
import { EmptyConfig } from '../parts/empty-config.tsx';
import { Loaded } from '../parts/view.tsx';
import { text } from '../text.ts';

export function Providers() {
  const providers = useQuery({
    queryKey: ['providers'],
    queryFn: () => call<Page<Provider>>('GET', '/api/providers'),
    refetchInterval: 5_000,
  });
  return (
    <Loaded from={providers}>
      {({ items }) =>
        items.length === 0 ? (
          <EmptyConfig>{text.routing.noProviders}</EmptyConfig>
        ) : (
          <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }}>
            {items.map((provider) => (
              <ProviderCard key={provider.name} provider={provider} />
            ))}
          </SimpleGrid>
        )
      }
    </Loaded>
  );
}

function ProviderCard({ provider }: { provider: Provider }) {
  const { name, protocol, baseUrl, auth, enabled, coolDowns } = provider;
  const may = useMay('operator');
  const path = `/api/providers/${encodeURIComponent(name)}`;
  const test = useMutation({ mutationFn: () => call<ProviderTest>('POST', `${path}/test`, { body: {} }) });
  const reset = useChange(() => call('DELETE', `${path}/cooldown`), {
    touches: ['providers'],
    done: () => text.routing.resetDone(name),
  });
  return (
    <Card withBorder component="section" aria-label={name}>
      <Stack gap="xs" justify="space-between" h="100%">
        <Group justify="space-between">
          <Text fw={600} component="h2" fz="md">
            {name}
          </Text>
          <Health enabled={enabled} resting={coolDowns.length > 0} />
        </Group>
        <Text size="xs" c="dimmed" className="wrap">
          {protocol} · {baseUrl}
        </Text>
        <Text size="xs" c="dimmed" className="wrap">
          {auth.type}
          {auth.credential === undefined ? '' : `: ${auth.credential}`}
        </Text>
        {coolDowns.map(({ model, credential, until, failures }) => (
          <Group key={`${model}/${credential ?? ''}`} gap="xs">
            <Text size="sm">{model}</Text>
            <Text size="xs" c="dimmed" component="div">
              <Countdown to={until} /> ({failures})
            </Text>
          </Group>
        ))}
        {test.data && (
          <Alert color={test.data.ok ? 'teal' : 'red'} role="status">
            {test.data.says}
            {test.data.latencyMs !== undefined && ` (${milliseconds(test.data.latencyMs)})`}
          </Alert>
        )}
        <Failure says={test.error === null ? undefined : messageOf(test.error)} />
        {may && (
          <Group gap="xs">
            <Button
              size="xs"
              variant="default"
              loading={test.isPending}
              onClick={() => test.mutate()}
              aria-label={`${text.routing.test} ${name}`}
            >
              {text.routing.test}
            </Button>
            {coolDowns.length > 0 && (
              <Button size="xs" variant="default" onClick={() => reset.mutate(undefined)}>
                {text.routing.reset}
              </Button>
            )}
          </Group>
        )}
      </Stack>
    </Card>
  );
}

function Health({ enabled, resting }: { enabled: boolean; resting: boolean }) {
  if (!enabled) {
    return (
      <Badge color="gray" variant="light" tt="none">
        {text.routing.disabled}
      </Badge>
    );
  }
  return (
    <Badge color={resting ? 'orange' : 'teal'} variant="light" tt="none">
      {resting ? text.routing.resting : text.routing.healthy}
    </Badge>
  );
}
