import {
  Badge,
  Box,
  Card,
  Drawer,
  Group,
  NativeSelect,
  Text,
  TextInput,
  UnstyledButton,
} from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useCallback, useState } from 'react';
import { useSearch } from 'wouter';
import type { LoggedRequest } from '../api/types.ts';
import { Facts } from '../parts/facts.tsx';
import { exact, milliseconds, timeOf, usd } from '../parts/format.ts';
import { usePages } from '../parts/pages.ts';
import { Empty, Loaded, View } from '../parts/view.tsx';
import { VirtualList } from '../parts/virtual-list.tsx';
import { text } from '../text.ts';

const ROW = 56;
const HEAD = [
  text.requests.when,
  text.requests.who,
  text.requests.model,
  text.requests.status,
  text.requests.tokens,
  text.requests.cost,
  text.requests.took,
];
const OUTCOMES = ['', 'answered', 'refused', 'client_gone', 'gateway_lost'];
const CLASSES = ['', '2xx', '4xx', '5xx'];

export default function Requests() {
  const initial = new URLSearchParams(useSearch()).get('q') ?? '';
  const [search, setSearch] = useState(initial);
  const [outcome, setOutcome] = useState('');
  const [status, setStatus] = useState('');
  const [opened, setOpened] = useState<LoggedRequest>();
  const [q] = useDebouncedValue(search, 300);
  const { result, items, more, loadMore } = usePages<LoggedRequest>('requests', '/api/requests', {
    q,
    outcome,
    status,
  });
  const rowOf = useCallback((request: LoggedRequest) => <Row request={request} open={setOpened} />, []);
  return (
    <View title={text.requests.title}>
      <Group className="filters">
        <TextInput
          aria-label={text.requests.search}
          placeholder={text.requests.search}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <NativeSelect
          aria-label={text.requests.outcome}
          value={outcome}
          onChange={(event) => setOutcome(event.currentTarget.value)}
          data={OUTCOMES.map((value) => ({ value, label: value === '' ? text.requests.anyOutcome : value }))}
        />
        <NativeSelect
          aria-label={text.requests.status}
          value={status}
          onChange={(event) => setStatus(event.currentTarget.value)}
          data={CLASSES.map((value) => ({ value, label: value === '' ? text.requests.anyStatus : value }))}
        />
      </Group>
      <Loaded from={result}>
        {() =>
          items?.length === 0 && !more ? (
            <Empty>{q + outcome + status === '' ? text.requests.none : text.requests.empty}</Empty>
          ) : (
            <Card withBorder p={0}>
              <VirtualList
                label={text.requests.title}
                columns={HEAD}
                layout="row-request"
                items={items ?? []}
                keyOf={({ id }) => id}
                rowHeight={ROW}
                more={more}
                loadMore={loadMore}
              >
                {rowOf}
              </VirtualList>
            </Card>
          )
        }
      </Loaded>
      <Drawer
        opened={opened !== undefined}
        onClose={() => setOpened(undefined)}
        title={text.requests.details}
        position="right"
      >
        {opened && <Details request={opened} />}
      </Drawer>
    </View>
  );
}

function StatusMark({ request: { status, outcome } }: { request: LoggedRequest }) {
  const color = status >= 500 ? 'red' : status >= 400 ? 'orange' : 'teal';
  return (
    <Badge color={color} variant="light" tt="none" title={outcome}>
      {status}
    </Badge>
  );
}

const costOf = ({ costUsd }: LoggedRequest): string => (costUsd === null ? text.actions.none : usd(costUsd));

function Row({ request, open }: { request: LoggedRequest; open: (request: LoggedRequest) => void }) {
  const { startedAt, key, keyName, model, requestedModel, provider, inputTokens, outputTokens, durationMs } =
    request;
  return (
    <UnstyledButton className="clickable row row-request" onClick={() => open(request)} w="100%">
      <Text size="xs" className="numbers wide-only">
        {timeOf(startedAt)}
      </Text>
      <Text size="sm" truncate="end" className="wide-only">
        {keyName ?? key ?? text.actions.none}
      </Text>
      <Box>
        <Text size="sm" truncate="end">
          {model ?? requestedModel ?? text.actions.none}
        </Text>
        <Text size="xs" c="dimmed" truncate="end">
          {provider ?? ''} <span className="narrow-only">{timeOf(startedAt)}</span>
        </Text>
      </Box>
      <StatusMark request={request} />
      <Text size="sm" className="numbers wide-only">
        {exact(inputTokens)} → {exact(outputTokens)}
      </Text>
      <Text size="sm" className="numbers wide-only">
        {costOf(request)}
      </Text>
      <Text size="sm" className="numbers wide-only">
        {milliseconds(durationMs)}
      </Text>
    </UnstyledButton>
  );
}

function Details({ request }: { request: LoggedRequest }) {
  const facts: [string, string][] = [
    [text.requests.when, timeOf(request.startedAt)],
    ['x-request-id', request.requestId],
    [
      text.requests.who,
      [request.keyName ?? request.key, request.team].filter(Boolean).join(' · ') || text.actions.none,
    ],
    [text.try.surface, `${request.surface} · ${request.operation}`],
    [text.requests.model, [request.requestedModel, request.model].filter(Boolean).join(' → ')],
    [text.requests.provider, request.provider ?? text.actions.none],
    [text.explain.rule, request.rule ?? text.actions.none],
    [text.requests.status, `${request.status} ${request.outcome}`],
    ['Attempts', String(request.attempts)],
    [text.try.total, milliseconds(request.durationMs)],
    [text.try.first, request.firstTokenMs === null ? text.actions.none : milliseconds(request.firstTokenMs)],
    [text.usage.input, exact(request.inputTokens)],
    [text.usage.cached, exact(request.cacheReadTokens)],
    [text.usage.output, exact(request.outputTokens)],
    [text.requests.cost, costOf(request) + (request.estimated ? ` (${text.requests.estimated})` : '')],
  ];
  return <Facts of={facts} cols={1} spacing="xs" />;
}
