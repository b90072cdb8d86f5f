import { Badge, Button, Group, Stack, Table, TagsInput, Text, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState, type FormEvent } from 'react';
import { useChange } from '../api/changes.ts';
import { call } from '../api/client.ts';
import { useMay } from '../api/session.ts';
import type { Team } from '../api/types.ts';
import { confirm } from '../parts/confirm.tsx';
import { PlusIcon } from '../parts/icons.ts';
import { usePages } from '../parts/pages.ts';
import { DataTable } from '../parts/table.tsx';
import { Empty, Loaded } from '../parts/view.tsx';
import { text } from '../text.ts';
import { bodyOf, draftOf, LimitsFields } from './limits-fields.tsx';
import { BudgetLine, LimitsLine } from './limits-line.tsx';

const pathOf = (name: string): string => `/api/teams/${encodeURIComponent(name)}`;

export function Teams() {
  const { result, items } = usePages<Team>('teams', '/api/teams', {});
  const may = useMay('operator');
  const remove = useChange((name: string) => call('DELETE', pathOf(name)), { touches: ['teams'] });
  return (
    <Stack>
      <Group justify="flex-end">
        {may && (
          <Button leftSection={<PlusIcon aria-hidden />} onClick={() => openTeamForm()}>
            {text.keys.newTeam}
          </Button>
        )}
      </Group>
      <Loaded from={result}>
        {() =>
          items?.length === 0 ? (
            <Empty>{text.keys.noTeams}</Empty>
          ) : (
            <DataTable
              label={text.keys.tabs.teams}
              head={[text.keys.name, text.keys.models, text.keys.limits, text.keys.budget, '']}
            >
              {items?.map((team) => (
                <Table.Tr key={team.name}>
                  <Table.Td>
                    {team.name}{' '}
                    {team.source === 'file' && (
                      <Badge color="gray" variant="light" tt="none">
                        {text.keys.fromFile}
                      </Badge>
                    )}
                  </Table.Td>
                  <Table.Td className="wrap">
                    <Text size="xs">{team.models?.join(', ') ?? text.actions.none}</Text>
                  </Table.Td>
                  <Table.Td>
                    <LimitsLine of={team.limits} />
                  </Table.Td>
                  <Table.Td>
                    <BudgetLine of={team.budget} />
                  </Table.Td>
                  <Table.Td>
                    {may && team.source !== 'file' && (
                      <Group gap="xs" justify="flex-end">
                        <Button size="xs" variant="default" onClick={() => openTeamForm(team)}>
                          {text.keys.edit}
                        </Button>
                        <Button
                          size="xs"
                          color="red"
                          variant="outline"
                          onClick={() =>
                            confirm({
                              title: text.keys.removeTeam(team.name),
                              text: text.keys.removeTeamText,
                              action: text.actions.remove,
                              run: () => remove.mutate(team.name),
                            })
                          }
                        >
                          {text.actions.remove}
                        </Button>
                      </Group>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </DataTable>
          )
        }
      </Loaded>
    </Stack>
  );
}

function openTeamForm(team?: Team): void {
  const modalId = modals.open({
    title: team === undefined ? text.keys.newTeam : `${text.keys.edit}: ${team.name}`,
    size: 'lg',
    children: <TeamForm of={team} close={() => modals.close(modalId)} />,
  });
}

function TeamForm({ of: team, close }: { of: Team | undefined; close: () => void }) {
  const [name, setName] = useState(team?.name ?? '');
  const [models, setModels] = useState(team?.models ?? []);
  const [limits, setLimits] = useState(draftOf(team));
  const save = useChange(
    () =>
      call<Team>('PUT', pathOf(name.trim()), {
        body: { ...(models.length > 0 ? { models } : {}), ...bodyOf(limits, false) },
      }),
    {
      touches: ['teams'],
      done: () => {
        close();
        return text.keys.saved(name);
      },
    },
  );
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        save.mutate(undefined);
      }}
    >
      <Stack>
        <TextInput
          label={text.keys.name}
          required
          disabled={team !== undefined}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        <TagsInput
          label={text.keys.models}
          description={text.keys.modelsHelp}
          value={models}
          onChange={setModels}
        />
        <LimitsFields draft={limits} change={setLimits} />
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            {text.actions.save}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
