export function homePage(url: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandbox vendor</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}code{background:#eee;padding:0 .25em}</style>
</head>
<body>
<main>
<h1>Sandbox vendor</h1>
<p>This is a simulated LLM vendor, so that Muxgate can be tried and tested without an account anywhere.
It has a real OAuth server with short-lived access tokens, and LLM APIs that answer with prepared text
and accept nothing but a valid access token. There is no model behind it, and it costs nothing.</p>
<ul>
<li>OAuth: <a href="/.well-known/openid-configuration">${url}/.well-known/openid-configuration</a></li>
<li>APIs: <code>/v1/messages</code>, <code>/v1/chat/completions</code>, <code>/v1/responses</code>, <code>/v1/models</code></li>
<li>What it has seen: <a href="/sandbox/stats">counters</a>, <a href="/sandbox/requests/last">last requests</a></li>
</ul>
</main>
</body>
</html>
`;
}
