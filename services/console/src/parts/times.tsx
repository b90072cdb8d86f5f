import { Text, Tooltip } from '@mantine/core';
import { text } from '../text.ts';
import { duration, timeOf } from './format.ts';
import { useNow } from './now.ts';

/** How long it is until a time, or since it, with the time itself on hover and focus. */
export function Countdown({ to }: { to: string | undefined }) {
  const now = useNow();
  if (to === undefined) return <>{text.actions.none}</>;
  const left = new Date(to).getTime() - now;
  return <Moment at={to}>{left >= 0 ? `in ${duration(left)}` : `${duration(-left)} ago`}</Moment>;
}

export function Moment({ at, children }: { at: string; children?: string }) {
  return (
    <Tooltip label={timeOf(at)} disabled={children === undefined}>
      <Text component="time" dateTime={at} size="sm" className="numbers">
        {children ?? timeOf(at)}
      </Text>
    </Tooltip>
  );
}
