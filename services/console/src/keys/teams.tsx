import { Badge, Button, Group, Stack, Table, TagsInput, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useChange } from '../api/changes.ts';
import { call } from '../api/client.ts';
import { useMay } from '../api/session.ts';
import type { Team } from '../api/types.ts';
import { ChangeForm } from '../parts/change-form.tsx';
import { openDialog } from '../parts/dialog.ts';
import { EditOrRemove } from '../parts/edit-or-remove.tsx';
import { PlusIcon } from '../parts/icons.ts';
import { PagedTable } from '../parts/paged-table.tsx';
import { usePages } from '../parts/pages.ts';
import { text } from '../text.ts';
import { bodyOf, draftOf, LimitsFields } from './limits-fields.tsx';
import { BudgetLine, LimitsLine } from './limits-line.tsx';

const pathOf = (name: string): string => `/api/teams/${encodeURIComponent(name)}`;

export function Teams() {
  const pages = usePages<Team>('teams', '/api/teams', {});
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
      <PagedTable
        pages={pages}
        label={text.keys.tabs.teams}
        head={[text.keys.name, text.keys.models, text.keys.limits, text.keys.budget, '']}
        empty={text.keys.noTeams}
      >
        {(team) => (
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
                <EditOrRemove
                  edit={() => openTeamForm(team)}
                  remove={{
                    title: text.keys.removeTeam(team.name),
                    text: text.keys.removeTeamText,
                    run: () => remove.mutate(team.name),
                  }}
                />
              )}
            </Table.Td>
          </Table.Tr>
        )}
      </PagedTable>
    </Stack>
  );
}

function openTeamForm(team?: Team): void {
  openDialog({
    title: team === undefined ? text.keys.newTeam : `${text.keys.edit}: ${team.name}`,
    size: 'lg',
    content: (close) => <TeamForm of={team} close={close} />,
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
    <ChangeForm
      change={save}
      submit={() => save.mutate(undefined)}
      values={{ name, models, limits }}
      action={text.actions.save}
    >
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
    </ChangeForm>
  );
}
