import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from '@muxgate/runtime';
import type { Tracer } from '@opentelemetry/api';
import { Refusals } from '../admin/refusals.js';
import { allowedMethodsOf } from './allowed-methods.js';
import {
  BODY_LIMIT,
  holdsRequest,
  holdsYaml,
  isForm,
  JSON_TYPES,
  LARGE_BODY_LIMIT,
  onlyUnicode,
  requireJson,
} from './body.js';
import { serveConsole } from '../console/console-files.js';
import { describeApi, serveApiDescription } from './openapi.js';
import { ProblemFilter } from './problem.filter.js';
import { requestContext } from './request-context.js';
import { apiHeaders, docsHeaders, noStore } from './security-headers.js';
import { traceRequests } from './trace-requests.js';
import { validation } from './validation.js';

/** What every request passes, in this order; the guard follows, then the controller. */
export function dressApp(app: NestExpressApplication, logger: Logger, tracer: Tracer | undefined): void {
  app.use(requestContext(logger));
  app.use(apiHeaders);
  app.use('/docs', docsHeaders);
  app.use(['/api', '/auth', '/openapi.json'], noStore);
  serveConsole(app);
  if (tracer !== undefined) app.use(traceRequests(tracer));
  app.use(requireJson);
  app.useBodyParser('json', { limit: LARGE_BODY_LIMIT, type: holdsRequest });
  app.useBodyParser('text', { limit: LARGE_BODY_LIMIT, type: holdsYaml });
  app.useBodyParser('json', { limit: BODY_LIMIT, type: JSON_TYPES, reviver: onlyUnicode });
  app.useBodyParser('urlencoded', { limit: BODY_LIMIT, type: isForm, extended: false });

  const document = describeApi(app);
  serveApiDescription(app, document);
  app.useGlobalFilters(new ProblemFilter(logger, allowedMethodsOf(document), app.get(Refusals)));
  app.useGlobalPipes(validation);
}
