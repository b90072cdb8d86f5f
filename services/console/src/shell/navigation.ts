import {
  ActivityLogIcon,
  BarChartIcon,
  CodeIcon,
  DashboardIcon,
  GearIcon,
  IdCardIcon,
  Link2Icon,
  ListBulletIcon,
  MixerHorizontalIcon,
  PlayIcon,
  QuestionMarkCircledIcon,
} from '../parts/icons.ts';
import { text } from '../text.ts';

export const NAVIGATION = [
  { href: '/', label: text.nav.overview, icon: DashboardIcon },
  { href: '/credentials', label: text.nav.credentials, icon: Link2Icon },
  { href: '/routing', label: text.nav.routing, icon: MixerHorizontalIcon },
  { href: '/config', label: text.nav.config, icon: CodeIcon },
  { href: '/explain', label: text.nav.explain, icon: QuestionMarkCircledIcon },
  { href: '/try', label: text.nav.try, icon: PlayIcon },
  { href: '/keys', label: text.nav.keys, icon: IdCardIcon },
  { href: '/usage', label: text.nav.usage, icon: BarChartIcon },
  { href: '/requests', label: text.nav.requests, icon: ListBulletIcon },
  { href: '/audit', label: text.nav.audit, icon: ActivityLogIcon },
  { href: '/settings', label: text.nav.settings, icon: GearIcon },
] as const;
