import { Checkbox, Group, TagsInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useChange } from '../api/changes.ts';
import { call } from '../api/client.ts';
import type { ClientKey } from '../api/types.ts';
import { ChangeForm } from '../parts/change-form.tsx';
import { openDialog } from '../parts/dialog.ts';
import { localInput } from '../parts/format.ts';
import { text } from '../text.ts';
import { bodyOf, draftOf, LimitsFields } from './limits-fields.tsx';
import { NewKey } from './new-key.tsx';

/** Makes a key, or changes one that is there. */
export function openKeyForm(key?: ClientKey): void {
  openDialog({
    title: key === undefined ? text.keys.create : `${text.keys.edit}: ${key.name}`,
    size: 'lg',
    content: (close) => <KeyForm of={key} close={close} />,
  });
}

function KeyForm({ of: key, close }: { of: ClientKey | undefined; close: () => void }) {
  const [name, setName] = useState(key?.name ?? '');
  const [team, setTeam] = useState(key?.team ?? '');
  const [owner, setOwner] = useState(key?.owner ?? '');
  const [models, setModels] = useState(key?.models ?? []);
  const [mayPin, setMayPin] = useState(key?.mayPin ?? false);
  const [expires, setExpires] = useState(key?.expiresAt === undefined ? '' : localInput(key.expiresAt));
  const [limits, setLimits] = useState(draftOf(key));
  const edits = key !== undefined;
  const save = useChange(
    () => {
      const optional = (value: string): string | null | undefined =>
        value.trim() || (edits ? null : undefined);
      const body = {
        name: name.trim(),
        team: optional(team),
        owner: optional(owner),
        models: models.length > 0 ? models : edits ? null : undefined,
        mayPin,
        expiresAt: expires === '' ? (edits ? null : undefined) : new Date(expires).toISOString(),
        ...bodyOf(limits, edits),
      };
      return edits
        ? call<ClientKey>('PATCH', `/api/keys/${key.id}`, { body })
        : call<ClientKey>('POST', '/api/keys', { body });
    },
    {
      touches: ['keys'],
      done: () => {
        if (!edits) return undefined;
        close();
        return text.keys.saved(name);
      },
    },
  );
  if (save.data?.key !== undefined) return <NewKey value={save.data.key} close={close} />;
  return (
    <ChangeForm
      change={save}
      submit={() => save.mutate(undefined)}
      values={{ name, team, owner, models, mayPin, expires, limits }}
      action={edits ? text.actions.save : text.actions.create}
    >
      <TextInput
        label={text.keys.name}
        required
        maxLength={128}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      <Group grow>
        <TextInput
          label={text.keys.team}
          value={team}
          onChange={(event) => setTeam(event.currentTarget.value)}
        />
        <TextInput
          label={text.keys.owner}
          value={owner}
          onChange={(event) => setOwner(event.currentTarget.value)}
        />
      </Group>
      <TagsInput
        label={text.keys.models}
        description={text.keys.modelsHelp}
        value={models}
        onChange={setModels}
      />
      <TextInput
        type="datetime-local"
        label={text.keys.expires}
        value={expires}
        onChange={(event) => setExpires(event.currentTarget.value)}
      />
      <Checkbox
        label={text.keys.mayPin}
        checked={mayPin}
        onChange={(event) => setMayPin(event.currentTarget.checked)}
      />
      <LimitsFields draft={limits} change={setLimits} />
    </ChangeForm>
  );
}
