import { createHash } from 'node:crypto';
import type { Response } from 'express';

/** Markup whose every inserted text was escaped. */
export class Html {
  constructor(readonly text: string) {}
}

/** HTML as written; what is inserted is text, lists of markup or markup. */
export function markup(
  parts: TemplateStringsArray,
  ...values: ReadonlyArray<string | Html | readonly Html[]>
): Html {
  return new Html(
    parts.reduce((text, part, index) => {
      const value = values[index - 1] ?? '';
      if (typeof value === 'string') return text + escape(value) + part;
      return text + (value instanceof Html ? [value] : value).map((each) => each.text).join('') + part;
    }),
  );
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}

const STYLE = `:root{color-scheme:light dark;--line:#8886;--accent:light-dark(#0b57d0,#a8c7fa)}
*{box-sizing:border-box}
body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:12vh auto 4rem;padding:0 1.25rem;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:1.5rem 0}
dd{margin:0;font-weight:600}
.notice{border:1px solid var(--line);border-left:.25rem solid #b26a00;border-radius:.5rem;padding:.75rem 1rem}
.code{font:600 1.75rem/1.2 ui-monospace,monospace;letter-spacing:.08em;border:1px solid var(--line);border-radius:.5rem;padding:.75rem;text-align:center}
a{color:var(--accent)}
button,.button{display:inline-block;font:inherit;font-weight:600;min-height:2.75rem;padding:.5rem 1.25rem;border:0;border-radius:.5rem;background:var(--accent);color:light-dark(#fff,#062e6f);text-decoration:none;cursor:pointer}
button.quiet{background:none;color:inherit;border:1px solid var(--line);font-weight:400}
textarea{display:block;width:100%;min-height:5rem;font:inherit;padding:.5rem;margin:.25rem 0 1rem;border:1px solid var(--line);border-radius:.5rem}
form{margin:1rem 0}`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

export interface Page {
  readonly status: number;
  readonly title: string;
  readonly body: Html;
  /** where its forms may lead, as in a Content-Security-Policy; nowhere by default */
  readonly formAction?: string;
  /** seconds until the browser asks again */
  readonly reloadAfter?: number;
}

/** A page for people: no script, nothing from elsewhere, not to be framed or kept. */
export function sendPage(response: Response, page: Page): void {
  const { status, title, body, formAction = "'none'", reloadAfter } = page;
  response
    .status(status)
    .set({
      'content-security-policy': [
        "default-src 'none'",
        `style-src 'sha256-${STYLE_HASH}'`,
        "base-uri 'none'",
        `form-action ${formAction}`,
        "frame-ancestors 'none'",
      ].join('; '),
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      ...(reloadAfter === undefined ? {} : { refresh: String(reloadAfter) }),
    })
    .type('html')
    .send(
      markup`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} - Muxgate</title><style>${new Html(STYLE)}</style></head>
<body><main><h1>${title}</h1>
${body}</main></body>
</html>
`.text,
    );
}
