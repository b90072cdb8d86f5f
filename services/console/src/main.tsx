import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './console.css';
import { createTheme, MantineProvider, type CSSVariablesResolver } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { setNonce } from 'get-nonce';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { isRefusal } from './api/problem.ts';
import { App } from './app.tsx';
import { Dialogs } from './parts/dialogs.tsx';
import { askFirst, guardHistory } from './parts/unsaved.ts';

const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 7, dark: 8 },
  autoContrast: true,
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, monospace',
  cursorType: 'pointer',
});

/** Where the library's own colours are too faint to read (WCAG 2.2, 1.4.3). */
const readable: CSSVariablesResolver = ({ colors }) => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': colors.gray[7],
    '--mantine-color-placeholder': colors.gray[7],
    '--mantine-color-teal-light': colors.teal[0],
    '--mantine-color-red-filled': colors.red[9],
    '--mantine-color-red-filled-hover': colors.red[8],
    '--mantine-color-red-outline': colors.red[9],
    '--mantine-color-red-text': colors.red[9],
    '--mantine-color-orange-text': '#a63a00',
    '--mantine-color-orange-light-color': '#a63a00',
    '--mantine-color-teal-text': colors.teal[9],
  },
  dark: {
    '--mantine-color-dimmed': colors.dark[1],
    '--mantine-color-placeholder': colors.dark[1],
  },
});

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // what the server refuses it refuses again
      retry: (failures, error) => failures < 2 && !isRefusal(error),
    },
  },
});

/** The page's own nonce: the only inline styles that its policy lets in. */
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
// of what keeps the page behind a dialog from scrolling
setNonce(nonce);
guardHistory();

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
      cssVariablesResolver={readable}
    >
      <QueryClientProvider client={queries}>
        <Notifications position="top-right" />
        <Router base="/console" aroundNav={askFirst}>
          <App />
          <Dialogs />
        </Router>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
