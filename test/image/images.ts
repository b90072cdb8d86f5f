import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { SERVICES, type ServiceName } from '../../scripts/launcher/service-environment.ts';
import { makeBaseImage, makeRedisImage } from './base-image.ts';
import { run } from './container-tools.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BASE = 'localhost/muxgate-test-base';
export const REDIS_IMAGE = 'localhost/muxgate-test-redis';

export function imageOf(service: ServiceName): string {
  return `localhost/muxgate-test-${service}`;
}

/**
 * Builds every image by the Dockerfile. The packages that this checkout has are lent to the build, whose `npm install`
 * then finds all of the lock file's in place.
 */
export async function buildImages(): Promise<void> {
  await makeBaseImage(BASE);
  await makeRedisImage(REDIS_IMAGE);
  for (const service of SERVICES) {
    const args = { BASE_IMAGE: BASE, SERVICE: service, VERSION: '1.2.3', REVISION: 'abc' };
    const given = Object.entries(args).map(([name, value]) => `--build-arg=${name}=${value}`);
    const lent = `--volume=${ROOT}node_modules:/src/node_modules:O`;
    const how = ['--isolation=chroot', '--network=host', '--layers', '--timestamp=0', '--quiet'];
    await run(
      'buildah',
      'bud',
      ...how,
      lent,
      ...given,
      '--file',
      'docker/Dockerfile',
      '--tag',
      imageOf(service),
      ROOT,
    );
  }
}

export interface ImageFacts {
  readonly Size: number;
  readonly User: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Config: { readonly Entrypoint: readonly string[] };
}

export async function inspectImage(image: string): Promise<ImageFacts> {
  const [facts] = JSON.parse(await run('podman', 'image', 'inspect', image)) as [ImageFacts];
  return facts;
}

/** Every path in an image. */
export async function pathsIn(image: string): Promise<string[]> {
  const id = (await run('podman', 'create', image)).split('\n').at(-1) ?? '';
  try {
    const root = await run('podman', 'mount', id);
    const entries = await readdir(root, { recursive: true });
    return entries.map((path) => `/${path}`);
  } finally {
    await run('podman', 'rm', '--force', id);
  }
}
