import {
  Accordion,
  Badge,
  Button,
  Card,
  Code,
  Group,
  NativeSelect,
  NumberInput,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  Textarea,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useChange } from '../api/changes.ts';
import { call } from '../api/client.ts';
import { useMay, useSession } from '../api/session.ts';
import type { ClientKey, Page, Provider } from '../api/types.ts';
import { Copyable } from '../parts/copy.tsx';
import { EmptyConfig } from '../parts/empty-config.tsx';
import { Failure } from '../parts/failure.tsx';
import { milliseconds } from '../parts/format.ts';
import { Empty, Loaded, View } from '../parts/view.tsx';
import { text } from '../text.ts';
import { curlOf, SURFACES, type Draft } from './request.ts';
import { SetUp, useGateway } from './set-up.tsx';
import { useTry, type Attempt } from './use-try.ts';

export default function Try() {
  const gateway = useGateway();
  return (
    <View title={text.try.title}>
      <Loaded from={gateway}>
        {({ url, models }) => {
          if (url === undefined) return <Empty>{text.try.noGateway}</Empty>;
          if (models.length === 0) return <EmptyConfig>{text.routing.noModels}</EmptyConfig>;
          return <TryModels url={url} models={models} />;
        }}
      </Loaded>
    </View>
  );
}

function TryModels({ url, models }: { url: string; models: readonly string[] }) {
  const [draft, setDraft] = useState<Draft>({
    surface: 'anthropic-messages',
    model: models[0] ?? '',
    provider: '',
    prompt: 'Hello! Who are you?',
    maxTokens: 200,
    stream: true,
  });
  const { attempt, start, stop } = useTry();
  const providers = useQuery({
    queryKey: ['providers'],
    queryFn: () => call<Page<Provider>>('GET', '/api/providers'),
  });
  const may = useMay('operator');
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  return (
    <Stack>
      <Text c="dimmed">{text.try.text}</Text>
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <form
          onSubmit={(event: FormEvent) => {
            event.preventDefault();
            if (may) start(draft);
          }}
        >
          <Stack>
            <Group grow align="flex-start">
              <NativeSelect
                label={text.try.surface}
                data={[...SURFACES]}
                value={draft.surface}
                onChange={(event) => change({ surface: event.currentTarget.value as Draft['surface'] })}
              />
              <NativeSelect
                label={text.try.model}
                data={[...models]}
                value={draft.model}
                onChange={(event) => change({ model: event.currentTarget.value })}
              />
            </Group>
            <Group grow align="flex-start">
              <NativeSelect
                label={text.try.pin}
                value={draft.provider}
                onChange={(event) => change({ provider: event.currentTarget.value })}
                data={[
                  { value: '', label: text.try.anyProvider },
                  ...(providers.data?.items.map(({ name }) => ({ value: name, label: name })) ?? []),
                ]}
              />
              <NumberInput
                label={text.try.maxTokens}
                min={1}
                value={draft.maxTokens}
                onChange={(value) => change({ maxTokens: Number(value) || 1 })}
              />
            </Group>
            <Textarea
              label={text.try.prompt}
              required
              autosize
              minRows={4}
              value={draft.prompt}
              onChange={(event) => change({ prompt: event.currentTarget.value })}
            />
            <Group justify="space-between">
              <Switch
                label={text.try.stream}
                checked={draft.stream}
                onChange={(event) => change({ stream: event.currentTarget.checked })}
              />
              {attempt.running ? (
                <Button variant="default" onClick={stop}>
                  {text.try.stop}
                </Button>
              ) : may ? (
                <Button type="submit">{text.try.send}</Button>
              ) : (
                <Text size="sm" c="dimmed">
                  {text.actions.roleNeeded('operator')}
                </Text>
              )}
            </Group>
          </Stack>
        </form>
        <Answer attempt={attempt} />
      </SimpleGrid>
      <Accordion variant="contained">
        <Accordion.Item value="curl">
          <Accordion.Control>{text.try.curl}</Accordion.Control>
          <Accordion.Panel>
            <Copyable value={curlOf(draft, url, '$MUXGATE_KEY')} />
          </Accordion.Panel>
        </Accordion.Item>
        <Accordion.Item value="set-up">
          <Accordion.Control>{text.try.setUp}</Accordion.Control>
          <Accordion.Panel>
            <WithNewKey />
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </Stack>
  );
}

function Answer({ attempt }: { attempt: Attempt }) {
  const { answer, failure, status, headers, tokens, firstMs, totalMs, running } = attempt;
  const shown = Object.entries(headers).filter(([name]) => /^x-muxgate-(?!try-)|^x-request-id$/.test(name));
  return (
    <Card withBorder component="section" aria-label={text.try.answer}>
      <Stack gap="xs">
        <Group gap="xs">
          <Text fw={600} component="h2" fz="md">
            {text.try.answer}
          </Text>
          {status !== undefined && (
            <Badge color={status < 400 ? 'teal' : 'red'} variant="light">
              {status}
            </Badge>
          )}
          {firstMs !== undefined && (
            <Text size="xs" c="dimmed">
              {text.try.first}: {milliseconds(firstMs)}
            </Text>
          )}
          {totalMs !== undefined && (
            <Text size="xs" c="dimmed">
              {text.try.total}: {milliseconds(totalMs)}
            </Text>
          )}
          {(tokens.input !== undefined || tokens.output !== undefined) && (
            <Text size="xs" c="dimmed">
              {text.try.usage}: {tokens.input ?? '?'} → {tokens.output ?? '?'}
            </Text>
          )}
        </Group>
        <Failure says={failure} />
        <Text className="answer" size="sm" aria-live="polite" aria-busy={running}>
          {answer}
        </Text>
        {shown.length > 0 && (
          <>
            <Text size="sm" fw={600}>
              {text.try.decision}
            </Text>
            <Code block className="wrap" tabIndex={0}>
              {shown.map(([name, value]) => `${name}: ${value}`).join('\n')}
            </Code>
          </>
        )}
      </Stack>
    </Card>
  );
}

function WithNewKey() {
  const { session } = useSession();
  const may = useMay('operator');
  const make = useChange(
    () =>
      call<ClientKey>('POST', '/api/keys', {
        body: { name: `set-up of ${session?.name ?? ''}`.slice(0, 128) },
      }),
    { touches: ['keys'], done: () => text.try.keyOnce },
  );
  return (
    <Stack>
      {make.data?.key === undefined && may && (
        <Group>
          <Button variant="default" loading={make.isPending} onClick={() => make.mutate(undefined)}>
            {text.try.newKey}
          </Button>
        </Group>
      )}
      <SetUp clientKey={make.data?.key ?? '<client key>'} />
    </Stack>
  );
}
