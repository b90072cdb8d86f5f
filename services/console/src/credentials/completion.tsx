import { Button, Group, Loader, Stack, Text, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, type FormEvent } from 'react';
import { call } from '../api/client.ts';
import { messageOf } from '../api/problem.ts';
import type { Authorization, Progress } from '../api/types.ts';
import { Copyable } from '../parts/copy.tsx';
import { Failure } from '../parts/failure.tsx';
import { Qr } from '../parts/qr.tsx';
import { text } from '../text.ts';

/** The three ways in which a provider's answer gets back to us. */
export function Completion({
  authorization,
  connected,
  again,
}: {
  authorization: Authorization;
  connected: () => void;
  again: () => void;
}) {
  const progress = useQuery({
    queryKey: ['authorization', authorization.state],
    queryFn: () => call<Progress>('GET', `/api/oauth/authorize/${authorization.state}`),
    refetchInterval: 1_500,
    gcTime: 0,
  });
  const status = progress.data?.status ?? 'pending';
  useEffect(() => {
    if (status === 'connected') connected();
  }, [status, connected]);
  if (status !== 'pending' && status !== 'connected') {
    const { error = status } = progress.data ?? {};
    const says = {
      denied: text.connect.denied,
      expired: text.connect.expired,
      failed: text.connect.failed(error),
    };
    return (
      <Stack>
        <Failure says={says[status]} />
        <Button onClick={again}>{text.connect.again}</Button>
      </Stack>
    );
  }
  return (
    <Stack>
      <Text size="sm">
        {authorization.completion === 'paste' ? text.connect.pasteHelp : authorization.instructions}
      </Text>
      {authorization.completion === 'device' ? (
        <Device authorization={authorization} />
      ) : (
        <Group>
          <Button data-autofocus onClick={() => openPopup(authorization.url)}>
            {text.connect.open}
          </Button>
        </Group>
      )}
      {authorization.completion === 'paste' ? (
        <Paste authorization={authorization} connected={connected} />
      ) : (
        <Group gap="xs" role="status">
          <Loader size="xs" />
          <Text size="sm" c="dimmed">
            {text.connect.waiting}
          </Text>
        </Group>
      )}
    </Stack>
  );
}

/** Without access to this window: what is opened is another's page. */
function openPopup(url: string): void {
  window.open(url, '_blank', 'noopener,noreferrer,width=620,height=760');
}

function Device({ authorization }: { authorization: Authorization }) {
  const { verificationUrl = authorization.url, userCode = '' } = authorization;
  return (
    <Stack>
      <Text fw={600}>{text.connect.code}</Text>
      <Copyable value={userCode} />
      <Text size="sm" c="dimmed">
        {text.connect.codeHelp}
      </Text>
      <Group align="center">
        <Button onClick={() => openPopup(verificationUrl)} data-autofocus>
          {text.connect.open}
        </Button>
        <Qr value={verificationUrl} label={text.connect.qr} />
      </Group>
    </Stack>
  );
}

function Paste({ authorization, connected }: { authorization: Authorization; connected: () => void }) {
  const [pasted, setPasted] = useState('');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();

  async function finish(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    const value = pasted.trim();
    const { state } = authorization;
    const body = /^https?:\/\//.test(value) ? { redirectUrl: value } : { state, code: value };
    try {
      await call('POST', '/api/oauth/exchange', { body });
      connected();
    } catch (error) {
      setFailure(messageOf(error));
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void finish(event)}>
      <Stack>
        <Textarea
          label={text.connect.paste}
          required
          autosize
          minRows={2}
          autoComplete="off"
          spellCheck={false}
          value={pasted}
          onChange={(event) => setPasted(event.currentTarget.value)}
        />
        <Failure says={failure} />
        <Group justify="flex-end">
          <Button type="submit" loading={busy}>
            {text.connect.finish}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
