import { type Fields, isFields } from './answer-body.js';

/** Headers that only the firewall in front of a vendor sets, when it answers in the vendor's place. */
const CHALLENGE_HEADERS = ['cf-mitigated', 'x-amzn-waf-action', 'x-datadome', 'x-sucuri-block'];

/** Words of the pages of Cloudflare, Akamai, Imperva, Sucuri, PerimeterX and AWS. */
const BLOCK_PAGE = new RegExp(
  [
    'cf-error-details|cf_chl_|Attention Required!|Just a moment\\.\\.\\.|Sorry, you have been blocked',
    'errors\\.edgesuite\\.net|_Incapsula_Resource|Incapsula incident ID',
    'Sucuri Website Firewall|px-captcha|Request blocked\\.[^]*CloudFront',
  ].join('|'),
);

/** Whether a firewall, and not the OAuth server, refused us by who we are; a plain rate limit is not that. */
export function isBlockPage(status: number, headers: Headers, text: string): boolean {
  if (![200, 403, 404, 429].includes(status) || headers.has('retry-after')) return false;
  if (CHALLENGE_HEADERS.some((name) => headers.has(name))) return true;
  return /^\s*<(!doctype|html|head)/i.test(text) && BLOCK_PAGE.test(text.slice(0, 65_536));
}

/** Google's `{error: {details: [{reason: "TOS_VIOLATION"}]}}`: the account is suspended. */
export function isTermsViolation(fields: Fields | undefined): boolean {
  return hasReason(fields, 6);
}

function hasReason(value: unknown, depth: number): boolean {
  if (depth === 0) return false;
  if (Array.isArray(value)) return value.some((item) => hasReason(item, depth - 1));
  if (!isFields(value)) return false;
  return (
    value['reason'] === 'TOS_VIOLATION' || Object.values(value).some((item) => hasReason(item, depth - 1))
  );
}
