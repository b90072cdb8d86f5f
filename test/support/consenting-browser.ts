/**
 * A browser for `$BROWSER`: opens the address of its argument, keeps cookies, and follows redirects until there is a
 * page, which the sandbox vendor needs nobody to click for. Says on stdout what it ended at, without the query.
 */
import { CookieJar } from '../../scripts/launcher/cookie-jar.ts';

const MOST_REDIRECTS = 20;

async function browse(address: string): Promise<string> {
  const jar = new CookieJar();
  let url = new URL(address);
  for (let hop = 0; hop < MOST_REDIRECTS; hop += 1) {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: jar.header(url), accept: 'text/html' },
    });
    jar.store(url, response.headers);
    const page = await response.text();
    const location = response.headers.get('location');
    if (location === null) return `${response.status} ${url.origin}${url.pathname} ${titleOf(page)}`;
    url = new URL(location, url);
  }
  throw new Error(`more than ${MOST_REDIRECTS} redirects`);
}

function titleOf(page: string): string {
  return /<title>(.*?)<\/title>/.exec(page)?.[1] ?? '';
}

process.stdout.write(`${await browse(process.argv[2] ?? '')}\n`);
