/** Whether a URL's host is one of `hosts`, where `*` stands for a part of a name without dots. */
export function mayGoTo(hosts: readonly string[], url: string): boolean {
  const host = URL.parse(url)?.hostname;
  return host !== undefined && hosts.some((pattern) => patternOf(pattern).test(host));
}

function patternOf(host: string): RegExp {
  const parts = host.toLowerCase().split('*');
  return new RegExp(`^${parts.map((part) => part.replace(/[^a-z0-9-]/g, '\\$&')).join('[a-z0-9-]+')}$`);
}
