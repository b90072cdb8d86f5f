import { Button, CopyButton, Group, Code, type ButtonProps } from '@mantine/core';
import { CheckIcon, ClipboardCopyIcon } from '@radix-ui/react-icons';
import { text } from '../text.ts';

export function Copy({
  value,
  label = text.actions.copy,
  ...props
}: { value: string; label?: string } & ButtonProps) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Button
          variant="default"
          size="xs"
          leftSection={copied ? <CheckIcon /> : <ClipboardCopyIcon />}
          onClick={copy}
          {...props}
        >
          {copied ? text.actions.copied : label}
        </Button>
      )}
    </CopyButton>
  );
}

/** A text that is to be taken elsewhere. */
export function Copyable({ value }: { value: string }) {
  return (
    <Group align="flex-start" wrap="nowrap" gap="xs">
      <Code block className="wrap" flex={1} tabIndex={0}>
        {value}
      </Code>
      <Copy value={value} />
    </Group>
  );
}
