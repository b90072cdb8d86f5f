import {
  ActionIcon,
  AppShell,
  Badge,
  Burger,
  Group,
  Menu,
  NavLink,
  Text,
  UnstyledButton,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { ExitIcon, MoonIcon, PersonIcon } from '../parts/icons.ts';
import { useEffect, useRef, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { useLive } from '../api/live.ts';
import { useSignOut } from '../api/session.ts';
import type { Session } from '../api/types.ts';
import logo from '../logo.svg';
import { text } from '../text.ts';
import { shownName } from '../parts/format.ts';
import { unlessUnsaved } from '../parts/unsaved.ts';
import { NAVIGATION } from './navigation.ts';

const SCHEMES = { auto: 'light', light: 'dark', dark: 'auto' } as const;

/** What surrounds every view: where one can go, and who one is. */
export function Shell({ session, children }: { session: Session; children: ReactNode }) {
  const [opened, { toggle, close }] = useDisclosure();
  const [location] = useLocation();
  const main = useRef<HTMLElement>(null);
  useLive();
  useEffect(() => {
    close();
    // a new view begins at its top, for eyes and for screen readers
    window.scrollTo(0, 0);
  }, [location, close]);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding="md"
    >
      <a
        href="#main"
        className="skip-link"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {text.skip}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={text.nav.open} />
            <UnstyledButton component={Link} href="/">
              <Group gap="xs" wrap="nowrap">
                <img src={logo} width={26} height={26} alt="" />
                <Text fw={700}>{text.product}</Text>
              </Group>
            </UnstyledButton>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Scheme />
            <Person session={session} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" component="nav" aria-label={text.nav.label} style={{ overflowY: 'auto' }}>
        {NAVIGATION.map(({ href, label, icon: Icon }) => {
          const active = href === '/' ? location === '/' : location.startsWith(href);
          return (
            <NavLink
              key={href}
              component={Link}
              href={href}
              label={label}
              leftSection={<Icon aria-hidden />}
              active={active}
              aria-current={active ? 'page' : undefined}
            />
          );
        })}
      </AppShell.Navbar>
      <AppShell.Main id="main" ref={main} tabIndex={-1}>
        {children}
      </AppShell.Main>
    </AppShell>
  );
}

function Scheme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <ActionIcon
      variant="default"
      size="lg"
      aria-label={text.session.theme}
      title={`${text.session.theme}: ${colorScheme}`}
      onClick={() => setColorScheme(SCHEMES[colorScheme])}
    >
      <MoonIcon aria-hidden />
    </ActionIcon>
  );
}

function Person({ session }: { session: Session }) {
  const signOut = useSignOut();
  const name = shownName(session.name);
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <UnstyledButton p="xs" title={name}>
          <Group gap="xs" wrap="nowrap">
            <PersonIcon aria-hidden />
            <Text size="sm" visibleFrom="sm">
              {name}
            </Text>
            <Badge variant="light" tt="none">
              {session.role}
            </Badge>
          </Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} href="/settings">
          {text.nav.settings}
        </Menu.Item>
        <Menu.Item leftSection={<ExitIcon aria-hidden />} onClick={() => unlessUnsaved(() => void signOut())}>
          {text.session.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
