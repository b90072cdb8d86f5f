import { Text } from '@mantine/core';
import { text } from '../text.ts';
import { duration, timeOf } from './format.ts';
import { useNow } from './now.ts';

/** How long it is until a time, or since it, with the time itself on hover. */
export function Countdown({ to }: { to: string | undefined }) {
  const now = useNow();
  if (to === undefined) return <>{text.actions.none}</>;
  const left = new Date(to).getTime() - now;
  return <Moment at={to}>{left >= 0 ? `in ${duration(left)}` : `${duration(-left)} ago`}</Moment>;
}

export function Moment({ at, children }: { at: string; children?: string }) {
  return (
    <Text component="time" dateTime={at} title={timeOf(at)} size="sm" className="numbers">
      {children ?? timeOf(at)}
    </Text>
  );
}
