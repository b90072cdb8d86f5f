import type { Page } from 'playwright-core';

/** Every view by its address, with its heading; the credential `sandbox` has to be connected. */
export const VIEWS = [
  ['/', 'Overview'],
  ['/credentials', 'Credentials'],
  ['/credentials/keys', 'Credentials'],
  ['/credentials/invitations', 'Credentials'],
  ['/credentials/oauth/sandbox', 'sandbox'],
  ['/routing', 'Models & routing'],
  ['/routing/models', 'Models & routing'],
  ['/config', 'Configuration'],
  ['/config/history', 'Configuration'],
  ['/config/history/1', 'Revision 1'],
  ['/config/replicas', 'Configuration'],
  ['/explain', 'Explain'],
  ['/try', 'Try it'],
  ['/keys', 'Keys & teams'],
  ['/keys/teams', 'Keys & teams'],
  ['/usage', 'Usage & cost'],
  ['/requests', 'Requests'],
  ['/audit', 'Audit'],
  ['/settings', 'Settings'],
] as const;

const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name }).first().click();

/** What lies over a view: its name, where it opens, and how. */
export const DIALOGS: readonly (readonly [string, string, (page: Page) => Promise<void>])[] = [
  ['connect', '/credentials', (page) => press(page, 'Connect')],
  [
    'connect-device',
    '/credentials',
    async (page) => {
      await press(page, 'Connect');
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Provider').selectOption('television');
      await dialog.getByRole('button', { name: 'Continue' }).click();
      await dialog.getByRole('img', { name: /QR code/ }).waitFor();
    },
  ],
  [
    'connect-paste',
    '/credentials',
    async (page) => {
      await press(page, 'Connect');
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Provider').selectOption('pasted');
      await dialog.getByRole('button', { name: 'Continue' }).click();
      await dialog.getByRole('textbox', { name: /Paste the code/ }).waitFor();
    },
  ],
  ['store-key', '/credentials/keys', (page) => press(page, 'Store a key')],
  ['invite', '/credentials/invitations', (page) => press(page, 'Invite a person')],
  ['revoke', '/credentials/oauth/sandbox', (page) => press(page, 'Revoke and forget')],
  ['new-key', '/keys', (page) => press(page, 'New key')],
  [
    'made-key',
    '/keys',
    async (page) => {
      await press(page, 'New key');
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Name').fill(`robot-${Date.now()}`);
      await dialog.getByRole('button', { name: 'Create' }).click();
      await dialog.getByText('The key is shown once').waitFor();
    },
  ],
  [
    'rotate',
    '/keys',
    async (page) => {
      await press(page, 'Actions for alice');
      await page.getByRole('menuitem', { name: 'Rotate' }).click();
    },
  ],
  ['new-team', '/keys/teams', (page) => press(page, 'New team')],
  [
    'apply',
    '/routing/models',
    async (page) => {
      await page.getByLabel('Thinking').selectOption('claude-sandbox');
      await press(page, 'Review changes');
      await page.getByRole('dialog').getByText('think: claude-sandbox').first().waitFor();
    },
  ],
  [
    'unsaved',
    '/routing/models',
    async (page) => {
      await page.getByLabel('Thinking').selectOption('claude-sandbox');
      await page.getByRole('tab', { name: 'Providers' }).click();
      await page.getByRole('dialog').waitFor();
    },
  ],
  [
    'request',
    '/requests',
    async (page) => {
      await page.getByText('claude-sandbox').locator('visible=true').first().click();
      await page.getByRole('dialog').waitFor();
    },
  ],
];
