import { Anchor, Badge, Box, Button, Card, Group, NativeSelect, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useChange } from '../api/changes.ts';
import { call, query } from '../api/client.ts';
import type { AuditEntry, ChainState } from '../api/types.ts';
import { timeOf } from '../parts/format.ts';
import { usePages } from '../parts/pages.ts';
import { Empty, Loaded, View } from '../parts/view.tsx';
import { VirtualList } from '../parts/virtual-list.tsx';
import { text } from '../text.ts';

const ROW = 56;
const HEAD = [
  text.requests.when,
  text.audit.actor,
  text.audit.action,
  text.audit.subject,
  text.audit.outcome,
];

export default function Audit() {
  const [actor, setActor] = useState('');
  const [action, setAction] = useState('');
  const [subject, setSubject] = useState('');
  const [outcome, setOutcome] = useState('');
  const [filter] = useDebouncedValue({ actor, action, subject, outcome }, 300);
  const { result, items, more, loadMore } = usePages<AuditEntry>('audit', '/api/audit', filter);
  const verify = useChange(() => call<ChainState>('GET', '/api/audit/verify'), {
    touches: [],
    done: ({ ok, entries, problem }) => {
      if (ok || problem === undefined) return text.audit.whole(entries);
      notifications.show({
        message: text.audit.broken(problem.what, problem.seq),
        color: 'red',
        autoClose: false,
      });
      return undefined;
    },
  });
  return (
    <View
      title={text.audit.title}
      actions={
        <>
          <Button variant="default" loading={verify.isPending} onClick={() => verify.mutate(undefined)}>
            {text.audit.verify}
          </Button>
          <Anchor href={`/api/audit/export${query(filter)}`} download size="sm">
            {text.audit.export}
          </Anchor>
        </>
      }
    >
      <Group className="filters">
        {(
          [
            [text.audit.actor, actor, setActor],
            [text.audit.action, action, setAction],
            [text.audit.subject, subject, setSubject],
          ] as const
        ).map(([label, value, set]) => (
          <TextInput
            key={label}
            aria-label={label}
            placeholder={label}
            value={value}
            onChange={(event) => set(event.currentTarget.value)}
          />
        ))}
        <NativeSelect
          aria-label={text.audit.outcome}
          value={outcome}
          onChange={(event) => setOutcome(event.currentTarget.value)}
          data={[
            { value: '', label: text.audit.anyOutcome },
            { value: 'success', label: text.audit.success },
            { value: 'failure', label: text.audit.failure },
          ]}
        />
      </Group>
      <Loaded from={result}>
        {() =>
          items?.length === 0 && !more ? (
            <Empty>{text.audit.empty}</Empty>
          ) : (
            <Card withBorder p={0}>
              <VirtualList
                label={text.audit.title}
                columns={HEAD}
                layout="row-audit"
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
    </View>
  );
}

const rowOf = (entry: AuditEntry) => <Row entry={entry} />;

function Row({ entry: { at, actor, action, subject, outcome, from, details } }: { entry: AuditEntry }) {
  const more = details === undefined ? '' : JSON.stringify(details);
  return (
    <div className="row row-audit">
      <Text size="xs" className="numbers wide-only">
        {timeOf(at)}
      </Text>
      <Box>
        <Text size="sm" truncate="end">
          {actor}
        </Text>
        <Text size="xs" c="dimmed" truncate="end">
          <span className="narrow-only">
            {action}, {timeOf(at)}
          </span>{' '}
          <span className="wide-only">{from}</span>
        </Text>
      </Box>
      <Text size="sm" truncate="end" className="wide-only">
        {action}
      </Text>
      <Box className="wide-only">
        <Text size="sm" truncate="end" title={subject}>
          {subject}
        </Text>
        <Text size="xs" c="dimmed" truncate="end" title={more}>
          {more}
        </Text>
      </Box>
      <Badge color={outcome === 'success' ? 'teal' : 'orange'} variant="light" tt="none">
        {outcome === 'success' ? text.audit.success : text.audit.failure}
      </Badge>
    </div>
  );
}
