import {
  Alert,
  Badge,
  Button,
  Card,
  Group,
  JsonInput,
  NativeSelect,
  SimpleGrid,
  Stack,
  Table,
  Text,
  TextInput,
} from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { call } from '../api/client.ts';
import { messageOf } from '../api/problem.ts';
import type { RouteExplanation } from '../api/types.ts';
import { Failure } from '../parts/failure.tsx';
import { DataTable } from '../parts/table.tsx';
import { View } from '../parts/view.tsx';
import { text } from '../text.ts';

const EXAMPLE = JSON.stringify(
  { model: 'claude-sandbox', max_tokens: 200, messages: [{ role: 'user', content: 'Hello' }] },
  null,
  2,
);
const SURFACES = ['anthropic-messages', 'openai-chat', 'openai-responses'];

export default function Explain() {
  const [body, setBody] = useState(EXAMPLE);
  const [headers, setHeaders] = useState('');
  const [surface, setSurface] = useState(SURFACES[0] as string);
  const [client, setClient] = useState('');
  const explain = useMutation({
    mutationFn: () =>
      call<RouteExplanation>('POST', '/api/route/explain', {
        body: {
          body: parsed(body),
          surface,
          ...(headers.trim() === '' ? {} : { headers: parsed(headers) }),
          ...(client.trim() === '' ? {} : { client: client.trim() }),
        },
      }),
  });
  return (
    <View title={text.explain.title}>
      <Text c="dimmed">{text.explain.text}</Text>
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <form
          onSubmit={(event: FormEvent) => {
            event.preventDefault();
            explain.mutate();
          }}
        >
          <Stack>
            <JsonInput
              label={text.explain.body}
              value={body}
              onChange={setBody}
              autosize
              minRows={10}
              maxRows={24}
              validationError={text.explain.badJson}
              formatOnBlur
              required
              styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
            />
            <Group grow align="flex-start">
              <NativeSelect
                label={text.explain.surface}
                data={SURFACES}
                value={surface}
                onChange={(event) => setSurface(event.currentTarget.value)}
              />
              <TextInput
                label={text.explain.client}
                value={client}
                onChange={(event) => setClient(event.currentTarget.value)}
              />
            </Group>
            <JsonInput
              label={text.explain.headers}
              placeholder='{"x-claude-code-request-class": "background"}'
              value={headers}
              onChange={setHeaders}
              autosize
              minRows={2}
              validationError={text.explain.badJson}
            />
            <Group justify="flex-end">
              <Button type="submit" loading={explain.isPending}>
                {text.explain.run}
              </Button>
            </Group>
          </Stack>
        </form>
        <div role="status" aria-live="polite">
          <Failure says={explain.error === null ? undefined : messageOf(explain.error)} />
          {explain.data && <Explanation of={explain.data} />}
        </div>
      </SimpleGrid>
    </View>
  );
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Error(text.explain.badJson);
  }
}

function Explanation({ of: { rule, model, why, targets = [], refusal } }: { of: RouteExplanation }) {
  return (
    <Stack>
      {refusal && (
        <Alert color="red" title={text.explain.refused}>
          {refusal.status} {refusal.code}: {refusal.message}
        </Alert>
      )}
      {rule !== undefined && (
        <Card withBorder>
          <Group gap="xs">
            <Text size="sm" c="dimmed">
              {text.explain.rule}
            </Text>
            <Badge tt="none">{rule}</Badge>
            <Text size="sm" c="dimmed">
              {text.explain.model}
            </Text>
            <Badge variant="light" tt="none">
              {model}
            </Badge>
          </Group>
          <Text mt="xs" size="sm">
            {why}
          </Text>
        </Card>
      )}
      {targets.length > 0 && (
        <DataTable
          label={text.routing.models}
          head={['', text.routing.priority, text.routing.weight, text.requests.status]}
        >
          {targets.map(({ provider, model: upstream, priority, weight, state, why: reason }, index) => (
            <Table.Tr key={`${provider}/${upstream}/${index}`}>
              <Table.Td>
                <Text size="sm">{provider}</Text>
                <Text size="xs" c="dimmed" className="wrap">
                  {upstream}
                </Text>
              </Table.Td>
              <Table.Td>{priority}</Table.Td>
              <Table.Td>{weight}</Table.Td>
              <Table.Td>
                <Badge variant="light" tt="none">
                  {state}
                </Badge>
                <Text size="xs" c="dimmed">
                  {reason}
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
    </Stack>
  );
}
