import { ActionIcon, Badge, Button, Group, Menu, Stack, Table, Text } from '@mantine/core';
import { useChange } from '../api/changes.ts';
import { call } from '../api/client.ts';
import { useMay } from '../api/session.ts';
import type { ClientKey } from '../api/types.ts';
import { confirm } from '../parts/confirm.tsx';
import { DotsHorizontalIcon, PlusIcon } from '../parts/icons.ts';
import { PagedTable } from '../parts/paged-table.tsx';
import { usePages } from '../parts/pages.ts';
import { Countdown } from '../parts/times.tsx';
import { text } from '../text.ts';
import { BudgetLine, LimitsLine } from './limits-line.tsx';
import { openKeyForm } from './key-form.tsx';
import { openRotate } from './rotate.tsx';

export function ClientKeys() {
  const pages = usePages<ClientKey>('keys', '/api/keys', {});
  const may = useMay('operator');
  const create = may && (
    <Button leftSection={<PlusIcon aria-hidden />} onClick={() => openKeyForm()}>
      {text.keys.create}
    </Button>
  );
  return (
    <Stack>
      <Group justify="flex-end">{create}</Group>
      <PagedTable
        pages={pages}
        label={text.keys.tabs.keys}
        head={[
          text.keys.name,
          text.keys.team,
          text.keys.models,
          text.keys.limits,
          text.keys.budget,
          text.keys.lastUsed,
          text.keys.expires,
          '',
        ]}
        empty={text.keys.empty}
      >
        {(key) => <Row key={key.id} of={key} may={may} />}
      </PagedTable>
    </Stack>
  );
}

function Row({ of: key, may }: { of: ClientKey; may: boolean }) {
  const { id, name, team, owner, models = [], limits, budget, lastUsedAt, expiresAt, disabled, source } = key;
  const expired = expiresAt !== undefined && Date.parse(expiresAt) <= Date.now();
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap="xs">
          <Text size="sm" className="wrap">
            {name}
          </Text>
          {disabled === true && <Mark>{text.keys.disabled}</Mark>}
          {expired && <Mark>{text.keys.expired}</Mark>}
          {source === 'file' && <Mark color="gray">{text.keys.fromFile}</Mark>}
        </Group>
        <Text size="xs" c="dimmed" className="wrap">
          {owner ?? id}
        </Text>
      </Table.Td>
      <Table.Td>{team ?? text.actions.none}</Table.Td>
      <Table.Td className="wrap">
        <Text size="xs">{models.join(', ') || text.actions.none}</Text>
      </Table.Td>
      <Table.Td>
        <LimitsLine of={limits} />
      </Table.Td>
      <Table.Td>
        <BudgetLine of={budget} />
      </Table.Td>
      <Table.Td>{lastUsedAt === undefined ? text.actions.never : <Countdown to={lastUsedAt} />}</Table.Td>
      <Table.Td>{expiresAt === undefined ? text.actions.never : <Countdown to={expiresAt} />}</Table.Td>
      <Table.Td>{may && source !== 'file' && <Actions of={key} />}</Table.Td>
    </Table.Tr>
  );
}

function Mark({ children, color = 'orange' }: { children: string; color?: string }) {
  return (
    <Badge color={color} variant="light" tt="none">
      {children}
    </Badge>
  );
}

function Actions({ of: key }: { of: ClientKey }) {
  const { id, name, disabled = false } = key;
  const switchOff = useChange(() => call('PATCH', `/api/keys/${id}`, { body: { disabled: !disabled } }), {
    touches: ['keys'],
    done: () => text.keys.saved(name),
  });
  const revoke = useChange(() => call('DELETE', `/api/keys/${id}`), {
    touches: ['keys'],
    done: () => text.keys.revoked(name),
  });
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" aria-label={text.actions.menu(name)}>
          <DotsHorizontalIcon aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => openKeyForm(key)}>{text.keys.edit}</Menu.Item>
        <Menu.Item onClick={() => openRotate(key)}>{text.keys.rotate}</Menu.Item>
        <Menu.Item onClick={() => switchOff.mutate(undefined)}>
          {disabled ? text.keys.enable : text.keys.disable}
        </Menu.Item>
        <Menu.Item
          color="red"
          onClick={() =>
            confirm({
              title: text.keys.revokeTitle(name),
              text: text.keys.revokeText,
              action: text.keys.revoke,
              run: () => revoke.mutate(undefined),
            })
          }
        >
          {text.keys.revoke}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
