import { createLogger, readEnvironment, runService } from '@muxgate/runtime';
import { SandboxEnvironment } from './environment.js';
import { createSandbox } from './sandbox.js';

runService('sandbox', async () => {
  const env = readEnvironment(SandboxEnvironment, process.env);
  const logger = createLogger('sandbox', env.LOG_LEVEL);
  const sandbox = await createSandbox({
    host: env.HOST,
    port: env.PORT,
    accessTokenSeconds: env.SANDBOX_ACCESS_TOKEN_SECONDS,
    ...(env.SANDBOX_PUBLIC_URL === undefined ? {} : { publicUrl: env.SANDBOX_PUBLIC_URL }),
    logger,
  });
  logger.info(
    { url: sandbox.url, accessTokenSeconds: env.SANDBOX_ACCESS_TOKEN_SECONDS },
    'sandbox vendor is up',
  );
  return { logger, stop: [{ name: 'sandbox server', run: () => sandbox.close() }] };
});
