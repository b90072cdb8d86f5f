import { Badge, Stack, Table, Text } from '@mantine/core';
import type { ConfigState } from '../api/types.ts';
import { DataTable } from '../parts/table.tsx';
import { Countdown } from '../parts/times.tsx';
import { text } from '../text.ts';

/** Which process runs which revision, and what keeps one from the newest. */
export function Replicas({ state }: { state: ConfigState }) {
  return (
    <DataTable
      label={text.config.replicas}
      head={[text.config.service, text.config.revisionHead, text.requests.status, text.config.seen]}
    >
      {state.replicas.map(({ id, service, host, revision, problem, seenAt }) => (
        <Table.Tr key={id}>
          <Table.Td>
            <Text size="sm">{service}</Text>
            <Text size="xs" c="dimmed">
              {host}
            </Text>
          </Table.Td>
          <Table.Td className="numbers">{revision}</Table.Td>
          <Table.Td>
            <Badge color={revision === state.revision ? 'teal' : 'orange'} variant="light" tt="none">
              {revision === state.revision ? text.config.current : text.config.behind}
            </Badge>
            {problem && (
              <Stack gap={0}>
                {problem.mistakes.map(({ path, message }) => (
                  <Text key={path + message} size="xs" c="red">
                    {path}: {message}
                  </Text>
                ))}
              </Stack>
            )}
          </Table.Td>
          <Table.Td>
            <Countdown to={seenAt} />
          </Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  );
}
