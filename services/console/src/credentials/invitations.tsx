import { Badge, Button, Group, NativeSelect, Stack, Table, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useChange } from '../api/changes.ts';
import { call } from '../api/client.ts';
import { useMay } from '../api/session.ts';
import type { Invitation, OAuthProvider, Page } from '../api/types.ts';
import { ChangeForm } from '../parts/change-form.tsx';
import { openDialog } from '../parts/dialog.ts';
import { Copyable } from '../parts/copy.tsx';
import { PlusIcon } from '../parts/icons.ts';
import { PagedTable } from '../parts/paged-table.tsx';
import { usePages } from '../parts/pages.ts';
import { Countdown } from '../parts/times.tsx';
import { useUnsaved } from '../parts/unsaved.ts';
import { Loaded } from '../parts/view.tsx';
import { text } from '../text.ts';

export function Invitations() {
  const pages = usePages<Invitation>('invitations', '/api/oauth/invitations', {});
  const may = useMay('operator');
  const withdraw = useChange((id: string) => call('DELETE', `/api/oauth/invitations/${id}`), {
    touches: ['invitations'],
  });
  return (
    <Stack>
      <Group justify="space-between">
        <Text size="sm" c="dimmed" maw={560}>
          {text.credentials.inviteText}
        </Text>
        {may && (
          <Button leftSection={<PlusIcon aria-hidden />} onClick={openInvite}>
            {text.credentials.invite}
          </Button>
        )}
      </Group>
      <PagedTable
        pages={pages}
        label={text.credentials.tabs.invitations}
        head={[
          text.credentials.columns.credential,
          text.credentials.columns.provider,
          text.credentials.columns.status,
          text.credentials.columns.expires,
          text.credentials.by,
          '',
        ]}
        empty={text.credentials.inviteEmpty}
      >
        {({ id, credential, provider, status, expiresAt, invitedBy }) => (
          <Table.Tr key={id}>
            <Table.Td className="wrap">{credential}</Table.Td>
            <Table.Td>{provider}</Table.Td>
            <Table.Td>
              <Badge variant="light" tt="none">
                {status}
              </Badge>
            </Table.Td>
            <Table.Td>
              <Countdown to={expiresAt} />
            </Table.Td>
            <Table.Td>{invitedBy}</Table.Td>
            <Table.Td>
              {may && (
                <Button size="xs" variant="default" onClick={() => withdraw.mutate(id)}>
                  {text.credentials.withdraw}
                </Button>
              )}
            </Table.Td>
          </Table.Tr>
        )}
      </PagedTable>
    </Stack>
  );
}

function openInvite(): void {
  openDialog({ title: text.credentials.invite, size: 'lg', content: (close) => <Invite close={close} /> });
}

function Invite({ close }: { close: () => void }) {
  const providers = useQuery({
    queryKey: ['oauth-providers'],
    queryFn: () => call<Page<OAuthProvider>>('GET', '/api/oauth/providers'),
  });
  const [provider, setProvider] = useState('');
  const [credential, setCredential] = useState('');
  const invite = useChange(
    (body: { provider: string; credential: string }) =>
      call<Invitation>('POST', '/api/oauth/invitations', { body }),
    { touches: ['invitations'] },
  );
  useUnsaved(invite.data?.url !== undefined);
  if (invite.data?.url !== undefined) {
    return (
      <Stack>
        <Text size="sm">{text.credentials.inviteLink}</Text>
        <Copyable value={invite.data.url} />
        <Group justify="flex-end">
          <Button onClick={close} data-autofocus>
            {text.connect.done}
          </Button>
        </Group>
      </Stack>
    );
  }
  return (
    <Loaded from={providers}>
      {({ items }) => {
        const names = items.filter(({ grant }) => grant !== 'client_credentials').map(({ name }) => name);
        const chosen = provider === '' ? (names[0] ?? '') : provider;
        return (
          <ChangeForm
            change={invite}
            submit={() => invite.mutate({ provider: chosen, credential: credential.trim() })}
            values={{ provider, credential }}
            action={text.credentials.invite}
          >
            <NativeSelect
              label={text.connect.provider}
              data={names}
              value={chosen}
              onChange={(event) => setProvider(event.currentTarget.value)}
              data-autofocus
            />
            <TextInput
              label={text.connect.credential}
              required
              pattern="[A-Za-z0-9._\-]{1,128}"
              value={credential}
              onChange={(event) => setCredential(event.currentTarget.value)}
            />
          </ChangeForm>
        );
      }}
    </Loaded>
  );
}
