import { Badge, Button, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useChange } from '../api/changes.ts';
import { call } from '../api/client.ts';
import type { Page, Person } from '../api/types.ts';
import { confirm } from '../parts/confirm.tsx';
import { shownName } from '../parts/format.ts';
import { DataTable } from '../parts/table.tsx';
import { Countdown } from '../parts/times.tsx';
import { Loaded } from '../parts/view.tsx';
import { text } from '../text.ts';
import { Section } from './section.tsx';

/** Who can sign in, and who has; for administrators. */
export function People() {
  const people = useQuery({
    queryKey: ['people'],
    queryFn: () => call<Page<Person>>('GET', '/api/people'),
  });
  const signOut = useChange(
    (name: string) => call<{ ended: number }>('DELETE', `/api/people/${encodeURIComponent(name)}/sessions`),
    {
      touches: ['people', 'sessions', 'session'],
      done: ({ ended }, name) => text.settings.signedOut(shownName(name), ended),
    },
  );
  return (
    <Section title={text.settings.people}>
      <Text size="sm" c="dimmed" mb="sm">
        {text.settings.peopleText}
      </Text>
      <Loaded from={people}>
        {({ items }) => (
          <DataTable
            label={text.settings.people}
            head={[text.requests.who, text.settings.role, text.settings.lastSignIn, text.settings.open, '']}
          >
            {items.map(({ name, role, via, lastSignInAt, sessions }) => (
              <Table.Tr key={`${name} ${role}`}>
                <Table.Td className="wrap">{shownName(name)}</Table.Td>
                <Table.Td>
                  <Badge variant="light" tt="none">
                    {role}
                  </Badge>
                  <Text size="xs" c="dimmed">
                    {text.settings.ways[via]}
                  </Text>
                </Table.Td>
                <Table.Td>
                  {lastSignInAt === undefined ? text.actions.never : <Countdown to={lastSignInAt} />}
                </Table.Td>
                <Table.Td className="numbers">{sessions}</Table.Td>
                <Table.Td>
                  <Button
                    size="xs"
                    variant="default"
                    disabled={sessions === 0}
                    aria-label={text.settings.signOutOf(shownName(name))}
                    onClick={() =>
                      confirm({
                        title: text.settings.signOutTitle(shownName(name)),
                        text: text.settings.signOutText(sessions),
                        action: text.settings.signOut,
                        run: () => signOut.mutate(name),
                      })
                    }
                  >
                    {text.settings.signOut}
                  </Button>
                </Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        )}
      </Loaded>
    </Section>
  );
}
