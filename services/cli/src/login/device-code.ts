import { renderUnicodeCompact } from 'uqr';
import type { Io } from '../io.js';
import { plain, type Paint } from '../output/text.js';

export interface DevicePrompt {
  readonly verificationUrl: string;
  readonly userCode: string;
}

/** What a person needs to agree on another device: the address, also as QR code where it fits, and the code. */
export function renderDevicePrompt(
  { verificationUrl, userCode }: DevicePrompt,
  io: Io,
  paint: Paint,
): string {
  const lines = [
    `Open      ${paint('link', plain(verificationUrl))}`,
    `and enter ${paint('strong', plain(userCode))}`,
  ];
  const code = io.stderr.isTTY === true ? qrCode(verificationUrl, io.stderr.columns ?? 80) : undefined;
  return [...(code === undefined ? [] : [code, '']), ...lines].join('\n');
}

/** undefined where the terminal is too narrow: a QR code that wraps is no QR code. */
function qrCode(text: string, columns: number): string | undefined {
  const code = renderUnicodeCompact(text, { border: 2 });
  const width = code.indexOf('\n');
  return width <= columns ? code : undefined;
}
