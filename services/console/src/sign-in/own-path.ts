/** Where to go after the sign-in: a path of the console, whatever the address of the page asks for. */
export function ownPath(asked: string | null): string {
  return asked !== null && /^\/(?![/\\])/.test(asked) ? asked : '/';
}
